"""``python -m autograder VERB``: the commands, their options and what they print.

Exit code 0 only when all that was asked for was done; every error is one sentence.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from mlp_utils.status import SYMBOLS, WORDS, Status
from mlp_utils.streams import lenient_output
from rich.console import Console
from rich.table import Table

from autograder.files.paths import Course, CourseError, find_course
from autograder.files.storage import refusal
from autograder.judging.verdict import Record
from autograder.kernels.sandbox import AUTO, KINDS, Sandbox

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    lenient_output()
    options = _parser().parse_args(arguments)
    try:
        course = find_course(grading=options.grading)
        return int(options.run(course, options))
    except CourseError as error:
        err.print(f"[bold]autograder {options.verb}:[/bold] {_plain(str(error))}")
        return 1
    except OSError as error:
        err.print(f"[bold]autograder {options.verb}:[/bold] {_plain(str(refusal(error, 'Reading or writing a file')))}")
        return 1
    except KeyboardInterrupt:
        err.print("Stopped. What had been recorded is safe; the same command goes on from there.")
        return 130


def _build(course: Course, options: argparse.Namespace) -> int:
    from autograder.building import build

    wanted = _known(course, options.assignment)
    if options.check:
        found = build.differences(course, build.made(course, course.assignment_ids()))
        for line in found:
            err.print(_plain(line))
        if found:
            raise CourseError(
                f"{len(found)} generated files are not what a build makes; run `python -m autograder build`."
            )
        out.print(f"All generated files of {len(course.assignment_ids())} assignment(s) are up to date.")
        return 0
    written = build.build(course, wanted, overwrite=options.overwrite)
    for path in written:
        out.print(f"wrote {_shown(course, path)}")
    out.print(f"{len(wanted)} assignment(s) built, {len(written)} file(s) changed.")
    return 0


def _adopt(course: Course, options: argparse.Namespace) -> int:
    from autograder.building import build

    for assignment_id in _known(course, [options.assignment]):
        out.print(f"wrote {_shown(course, build.adopt(course, assignment_id))}")
        build.build(course, [assignment_id], overwrite=True)
    return 0


def _grade(course: Course, options: argparse.Namespace) -> int:
    from autograder.grading.progress import MOST_ROWS, GradingBar, summary_table
    from autograder.grading.run import grade
    from autograder.kernels.kernel import Limits

    limits = Limits(cell_seconds=options.cell_seconds, ask_seconds=options.cell_seconds, memory_mb=options.memory_mb)
    with GradingBar(err) as bar:
        result = grade(
            course,
            _known(course, options.assignment),
            student_id=options.student,
            jobs=options.jobs,
            force=options.force,
            redraw=options.redraw_seeds,
            limits=limits,
            sandbox=options.sandbox,
            lacking=_say_sandbox,
            scheduler=options.scheduler,
            started=bar.started,
            finished=bar.finished,
            tick=bar.tick,
        )
    for assignment_id in sorted({record.assignment_id for record in result.records}):
        records = [record for record in result.records if record.assignment_id == assignment_id]
        if len(records) <= MOST_ROWS:
            out.print(status_table(records, set(result.strangers)))
    if result.records:
        out.print(summary_table(result))
    failed = f", {len(result.failures)} failed" if result.failures else ""
    out.print(f"{len(result.fresh)} graded, {len(result.records) - len(result.fresh)} unchanged{failed}.")
    for note in result.notes:
        err.print(_plain(note))
    if result.strangers:
        out.print(f"Not on the roster: {_plain(', '.join(result.strangers))}.")
    for failure in result.failures:
        err.print(_plain(failure))
    return 1 if result.failures else 0


def _say_sandbox(sandbox: Sandbox) -> None:
    err.print(f"Sandbox: {sandbox.kind}.")
    for sentence in sandbox.missing():
        err.print(f"  {_plain(sentence)}")


def status_table(records: list[Record], strangers: Collection[str] = ()) -> Table:
    """Students against exercises: a symbol for each status, and the points; in practice how many have passed."""
    practice = not records[0].max_points
    title = f"{records[0].assignment_id}{' (practice)' if practice else ''}"
    table = Table(title=title, title_justify="left", caption=_legend(records), caption_justify="left")
    table.add_column("student", no_wrap=True)
    for number in range(1, len(records[0].verdicts) + 1):
        table.add_column(f"{number}", justify="center")
    table.add_column("passed" if practice else "points", justify="right")
    table.add_column("remarks")
    for record in records:
        cells = [SYMBOLS[verdict.status] for verdict in record.verdicts]
        remarks = [*(["not on the roster"] if record.student_id in strangers else []), *record.problems]
        remark = remarks[0] if remarks else ""
        more = f" (+{len(remarks) - 1})" if len(remarks) > 1 else ""
        passed = sum(verdict.status == Status.PASSED for verdict in record.verdicts)
        reached = f"{passed}/{len(cells)}" if practice else f"{record.points:g}/{record.max_points:g}"
        table.add_row(_plain(record.student_id), *cells, reached, _plain(remark[:60] + more))
    return table


def _legend(records: list[Record]) -> str:
    used = {verdict.status for record in records for verdict in record.verdicts}
    symbols = ", ".join(f"{SYMBOLS[status]} {WORDS[status]}" for status in WORDS if status in used)
    exercises = ", ".join(f"{k + 1} {verdict.exercise_id}" for k, verdict in enumerate(records[0].verdicts))
    return f"{symbols}\nexercises: {exercises}"


def _feedback(course: Course, options: argparse.Namespace) -> int:
    from autograder.pages.feedback import write_feedback

    pages = write_feedback(course, _known(course, options.assignment), options.student)
    out.print(f"{len(pages)} feedback page(s) in {_shown(course, course.feedback)}")
    return 0


def _report(course: Course, options: argparse.Namespace) -> int:
    from autograder.pages.report import write_report

    out.print(f"report: {_shown(course, write_report(course, _known(course, options.assignment)))}")
    return 0


def _export(course: Course, options: argparse.Namespace) -> int:
    from autograder.pages.export import write_csv

    path = write_csv(course, options.to or course.grading / "export.csv", _known(course, options.assignment))
    out.print(f"export: {_shown(course, path)}")
    return 0


def _explain(course: Course, options: argparse.Namespace) -> int:
    from autograder.pages.explain import explain

    out.print(explain(course, options.student, options.exercise), markup=False)
    return 0


def _sample(course: Course, options: argparse.Namespace) -> int:
    from autograder.building.sample_class import write_class

    students = write_class(course, _known(course, options.assignment))
    out.print(f"{len(students)} sample students in {_shown(course, course.submitted)}")
    return 0


def _lab(course: Course, options: argparse.Namespace) -> int:
    from autograder.handing_out.lab import copy_release, open_lab

    folder = Path(options.folder).resolve()
    copied = copy_release(course, folder)
    out.print(f"{len(copied)} new notebook(s) in {_shown(course, folder)}; what was there already is as it was.")
    return 0 if options.no_browser else open_lab(folder)


def _package(course: Course, options: argparse.Namespace) -> int:
    from autograder.handing_out.package import package

    made = package(course, options.to, say=lambda text: err.print(f"{_plain(text)} ..."))
    size = f"{made.size / 1000:.0f} kB"
    out.print(f"package: {_shown(course, made.path)}, {size}, {len(made.assignments)} notebook(s)")
    return 0


def _known(course: Course, wanted: list[str]) -> list[str]:
    """The assignments asked for, or all; ``CourseError`` for one that does not exist."""
    known = course.assignment_ids()
    for name in wanted:
        if name not in known:
            raise CourseError(f"There is no assignment {name!r}; the course has: {', '.join(known) or 'none yet'}.")
    return wanted or known


def _shown(course: Course, path: Path) -> str:
    """A path as a person reads it, from the course's folder on, with every sign of it shown."""
    path = path.resolve()
    return _plain(str(path.relative_to(course.root) if path.is_relative_to(course.root) else path))


def _plain(text: str) -> str:
    """Text that the terminal shows as it is, without reading markup or control characters in it."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("[", "\\[")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m autograder", description="Build, grade, give feedback.")
    parser.add_argument("--grading", metavar="FOLDER", help="the folder with the student data (default: grading)")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: object, text: str, *, assignments: bool = True) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        if assignments:
            sub.add_argument("assignment", nargs="*", help="assignments; all if none is named")
        return sub

    sub = verb("build", _build, "Make the instructor's and the students' notebooks.")
    sub.add_argument("--check", action="store_true", help="change nothing; fail if a generated file is out of date")
    sub.add_argument("--overwrite", action="store_true", help="drop edits that were made in source_notebooks/")
    sub = verb("adopt", _adopt, "Bring an edit of source_notebooks/ back into notebook.py.", assignments=False)
    sub.add_argument("assignment")
    sub = verb("grade", _grade, "Grade what has come in and is new or changed.")
    sub.add_argument("--student", metavar="ID", help="only this student")
    sub.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: the number of processors)")
    sub.add_argument(
        "--sandbox",
        choices=KINDS,
        default=AUTO,
        help="how student code is confined (default: the strongest that works)",
    )
    sub.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        default="",
        help="grade on a Dask cluster: tcp://host:8786, or local for one on this machine",
    )
    sub.add_argument("--force", action="store_true", help="grade again what has not changed")
    sub.add_argument("--redraw-seeds", action="store_true", help="draw new hidden cases for these assignments")
    sub.add_argument("--cell-seconds", type=float, default=30.0, metavar="S", help="time limit of a cell (default: 30)")
    sub.add_argument(
        "--memory-mb", type=int, default=4096, metavar="MB", help="memory limit of a kernel (default: 4096)"
    )
    sub = verb("feedback", _feedback, "Write one page for each submission.")
    sub.add_argument("--student", metavar="ID", help="only this student")
    verb("report", _report, "Write one page for the class.")
    sub = verb("export", _export, "Write a CSV file with points and statuses.")
    sub.add_argument("--to", type=Path, metavar="FILE", help="where to (default: export.csv in the grading folder)")
    sub = verb("explain", _explain, "Show staff how one verdict came about.", assignments=False)
    sub.add_argument("--student", metavar="ID", required=True)
    sub.add_argument("exercise")
    sub = verb("lab", _lab, "Open JupyterLab on a private copy of the release.", assignments=False)
    sub.add_argument("folder", nargs="?", default="my_course", help="where the copy lies (default: my_course)")
    sub.add_argument("--no-browser", action="store_true", help="make the copy and stop")
    sub = verb("package", _package, "Build the zip file that students take home.", assignments=False)
    sub.add_argument("--to", type=Path, metavar="FILE", help="where to (default: dist/student.zip)")
    verb("sample-class", _sample, "Fill submitted/ with a class of sample submissions.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
