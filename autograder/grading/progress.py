"""What a terminal shows while a class is graded, and the table at the end."""

from __future__ import annotations

from collections import defaultdict
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from autograder.grading.run import Graded
from autograder.judging.verdict import Record

MOST_ROWS = 60
"""Of a larger class each student's line is left to the pages; the summary is shown all the same."""


class GradingBar:
    """A bar with the number of submissions, the time gone and the time left.

    It is drawn by this thread alone, whenever it is told something: workers are forked only from a process that has no
    other threads.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[name]}"),
            console=console,
            transient=True,
            auto_refresh=False,
        )
        self._task = self._progress.add_task("", total=None, name="")

    def __enter__(self) -> GradingBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def started(self, count: int) -> None:
        self._progress.update(self._task, total=count, refresh=True)

    def finished(self, name: str) -> None:
        self._progress.update(self._task, advance=1, name=name.replace("[", "\\["), refresh=True)

    def tick(self) -> None:
        self._progress.refresh()


def summary_table(result: Graded) -> Table:
    """A line for each assignment: how many were graded now, their points, what a person has to see, and the time."""
    table = Table(title="summary", title_justify="left", caption="means; seconds of one worker", caption_justify="left")
    table.add_column("assignment", no_wrap=True)
    for heading in ("handed in", "graded", "mean", "of", "to see", "seconds"):
        table.add_column(heading, justify="right")
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in result.records:
        groups[record.assignment_id].append(record)
    fresh = {(record.student_id, record.assignment_id) for record in result.fresh}
    for assignment_id, records in groups.items():
        mean = sum(record.points for record in records) / len(records)
        table.add_row(
            assignment_id,
            str(len(records)),
            str(sum((record.student_id, assignment_id) in fresh for record in records)),
            f"{mean:.1f}",
            f"{records[0].max_points:g}",
            str(sum(any(verdict.needs_person for verdict in record.verdicts) for record in records)),
            f"{sum(record.seconds for record in records) / len(records):.1f}",
        )
    return table
