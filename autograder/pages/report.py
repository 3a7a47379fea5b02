"""One page for the class: how it did, what it has misunderstood, who needs a person, who is missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically
from autograder.files.submissions import unusable_folders
from autograder.pages.export import to_csv
from autograder.pages.feedback import page_of
from autograder.pages.pages import course_title, write_page
from autograder.pages.results import in_use, load_results
from autograder.pages.summary import Bin, Summary, commonest, summarise

MOST_ROWS = 300
"""A larger class gets its table of students on a page of its own, one for each assignment."""
MOST_NAMED = 100
"""Lists of students are cut here; the table has all of them."""


def write_report(course: Course, assignment_ids: Iterable[str] | None = None) -> Path:
    """Write ``report/index.html`` and the same as a table beside it, ``report/class.csv``; return the page."""
    results = [load_results(course, name) for name in in_use(course, assignment_ids)]
    summaries = [summarise(result) for result in results]
    title = course_title(course)
    try:
        write_atomically(course.report / "class.csv", to_csv(results))
    except OSError as error:
        reason = error.strerror or str(error)
        raise CourseError(f"{course.report} cannot be written to ({reason}); check the permissions.") from error
    large = {s.id: len(s.results.entries) > MOST_ROWS for s in summaries}
    for summary in summaries:
        apart = course.report / f"students-{summary.id}.html"
        if large[summary.id]:
            links = _links(course, summary)
            write_page(apart, "students.html.j2", course=title, summary=summary, links=links)
        else:
            apart.unlink(missing_ok=True)
    return write_page(
        course.report / "index.html",
        "report.html.j2",
        course=title,
        summaries=summaries,
        unusable=unusable_folders(course),
        commonest=commonest(summaries),
        charts={summary.id: chart(summary) for summary in summaries},
        links={summary.id: {} if large[summary.id] else _links(course, summary) for summary in summaries},
        large=large,
        most=MOST_NAMED,
    )


def _links(course: Course, summary: Summary) -> dict[str, str]:
    """The feedback page of each student who has one, as seen from the report."""
    return {
        entry.student.id: quote(f"../feedback/{entry.student.id}/{summary.id}/{summary.id}.html")
        for entry in summary.results.entries
        if page_of(course, entry.student.id, summary.id).is_file()
    }


def chart(summary: Summary) -> dict[str, Any]:
    """The distribution of scores as a drawing: columns in the units of the picture, and the same in words."""
    step, height, base = 28, 110, 132
    tallest = max((column.count for column in summary.bins), default=0) or 1
    columns = [
        {
            "x": 10 + k * step,
            "y": round(base - height * column.count / tallest, 1),
            "height": round(height * column.count / tallest, 1),
            "count": column.count,
            "label": str(column.low) if k % max(1, len(summary.bins) // 12) == 0 else "",
        }
        for k, column in enumerate(summary.bins)
    ]
    words = "; ".join(f"{_span(column, summary)}: {column.count}" for column in summary.bins if column.count)
    return {"columns": columns, "width": 20 + step * len(columns), "base": base, "bar": step - 6, "words": words}


def _span(column: Bin, summary: Summary) -> str:
    """In words, which scores a column holds."""
    unit = "exercises passed" if summary.practice else "points"
    if summary.practice and column.high - column.low == 1:
        return f"{column.low} {unit}"
    if column.high > summary.top:
        return f"{column.low} {unit} or more"
    return f"{column.low} to under {column.high} {unit}"


__all__ = ["MOST_ROWS", "chart", "write_report"]
