"""Submissions per second: our grader beside `nbgrader autograde` and `otter run`, on the same class.

    python benchmarks/grading.py [--submissions 60] [--growth 15 60 240] [--skip nbgrader otter] [--otter PYTHON]
                                 [--results FILE]

The class is honest: right, right in another way, with known mistakes, half done and blank, spread evenly over the
course's assignments.  Every grader starts on a fresh folder with the same files, the same hidden seeds and a gradebook
into which the assignments have been entered, as a command of its own, so the time to start and to load the course
counts for all.  The graders run one after the other.

    nbgrader   plain `nbgrader autograde`, one assignment after the other, with the course's own hidden tests
    otter      `otter run`, one submission after the other; its tests call the same hidden tests, but give all points
               of an exercise or none, because a test of otter's has no part credit
    ours       `python -m autograder grade`, with and without the sandbox, with one worker and with two

CPU seconds are those of the whole machine meanwhile, since a kernel that is killed is counted to nobody: let nothing
else run.  Memory is the largest sum of the proportional set sizes of the command's processes, sampled every two seconds
(Linux; elsewhere the resident sizes): to ask more often slows down what has many processes.  The table
ends with the scores: nbgrader's and ours are compared one by one, otter's where an exercise is all right or all wrong.

otter is not a dependency of the course.  With `--otter PYTHON` it is taken from another environment, in which
otter-grader and this course's instructor extra are installed.  `--results FILE` keeps the numbers as JSON, from which
`grading_chart.py` draws the picture in the README.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from mlp_utils.streams import lenient_output
from rich.console import Console
from rich.table import Table

from autograder.building.sample_class import SAMPLES
from autograder.files.paths import Course, find_course
from autograder.files.seeds import draw_seeds
from autograder.files.storage import write_atomically
from autograder.gradebook.database import opened
from autograder.gradebook.nbgrader_commands import PLAIN
from autograder.gradebook.writer import register
from autograder.judging.reference import Reference
from autograder.judging.verdict import read_record

HONEST = ("ada", "bela", "chidi", "dana", "eero", "fatou", "gita", "hugo")
"""The sample students whose notebooks are honest work."""

Scores = dict[tuple[str, str], float]
"""The points of an exercise, by submission («student/assignment») and exercise."""


@dataclass(frozen=True)
class Run:
    """One grader on one class: wall seconds, CPU seconds, peak memory in MB, exit code, the points it gave."""

    name: str
    submissions: int
    seconds: float
    cpu: float
    memory: float
    code: int
    scores: Scores

    @property
    def rate(self) -> float:
        return self.submissions / self.seconds


def make_class(course: Course, count: int) -> dict[str, list[str]]:
    """Write ``count`` submissions into the grading folder; the students of each assignment."""
    references = [Reference(course, name) for name in course.assignment_ids()]
    makers = [sample.make for sample in SAMPLES if sample.id in HONEST]
    notebooks: dict[tuple[str, int], bytes] = {}
    students: dict[str, list[str]] = {reference.assignment.id: [] for reference in references}
    for number in range(count):
        reference = references[number % len(references)]
        kind = number // len(references) % len(makers)
        name = reference.assignment.id
        if (name, kind) not in notebooks:
            notebooks[name, kind] = makers[kind](reference)
        student = f"student{number:04d}"
        students[name].append(student)
        write_atomically(course.submitted / student / name / f"{name}.ipynb", notebooks[name, kind])
    return students


def memory_of(process: psutil.Process) -> float:
    """Megabytes of a process and of all below it."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            info = one.memory_full_info()
            total += getattr(info, "pss", info.rss)
        except psutil.Error:
            continue
    return total / 2**20


def measured(commands: Sequence[list[str]], cwd: Path, env: dict[str, str]) -> tuple[float, float, float, int]:
    """Run commands one after the other: wall seconds, CPU seconds, peak megabytes, the worst exit code."""
    peak, code = 0.0, 0
    before, started = psutil.cpu_times(), time.perf_counter()
    for command in commands:
        done = threading.Event()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def watch(pid: int = process.pid, done: threading.Event = done) -> None:
            nonlocal peak
            while not done.wait(2.0):
                try:
                    peak = max(peak, memory_of(psutil.Process(pid)))
                except psutil.Error:
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        process.wait()
        done.set()
        watcher.join()
        code = code or process.returncode
    after = psutil.cpu_times()
    cpu = after.user - before.user + after.system - before.system
    return time.perf_counter() - started, cpu, peak, code


def environment(course: Course) -> dict[str, str]:
    """What every grader gets: one thread for linear algebra, the course's folders, this Python first."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | threads | {"PATH": path, "MLP_GRADING": str(course.grading)}


def ours(course: Course, options: Sequence[str], name: str, count: int) -> Run:
    """Grade with our engine."""
    command = [sys.executable, "-m", "autograder", "--grading", str(course.grading), "grade", *options]
    times = measured([command], course.root, environment(course))
    scores: Scores = {}
    for path in course.verdicts.glob("*/*.json"):
        record = read_record(path)
        if record is not None:
            submission = f"{record.student_id}/{record.assignment_id}"
            scores |= {(submission, verdict.exercise_id): verdict.points for verdict in record.verdicts}
    return Run(name, count, *times, scores)


def plain_nbgrader(course: Course, students: dict[str, list[str]], count: int) -> Run:
    """Grade with nbgrader's own command, which has to be asked for by name: it would use our grader otherwise."""
    commands = [[sys.executable, "-m", "nbgrader", "autograde", name] for name in students]
    times = measured(commands, course.root, environment(course) | {PLAIN: "1"})
    scores: Scores = {}
    with opened(course) as book:
        for name, ids in students.items():
            for student in ids:
                grades = book.find_submission_notebook(name, name, student).grades
                scores |= {
                    (f"{student}/{name}", grade.name.removeprefix("test_")): float(grade.auto_score or 0.0)
                    for grade in grades
                    if grade.cell_type == "code"
                }
    return Run("nbgrader autograde", count, *times, scores)


OTTER_TEST = """OK_FORMAT = False
from otter.test_files import test_case
name, points = {name!r}, {points}


@test_case(points={points}, hidden=True)
def test(env):
    from autograder.inprocess import _grade

    assert _grade({name!r}, env[{answer!r}]) == {points}
"""


def otter(course: Course, students: dict[str, list[str]], count: int, python: str, folder: Path) -> Run:
    """Grade with `otter run`: tests that call the same hidden tests in the kernel."""
    program = str(Path(python).with_name("otter"))
    env = environment(course) | {"PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
    commands, results = [], {}
    for name, ids in students.items():
        place = folder / name
        (place / "tests").mkdir(parents=True)
        reference = Reference(course, name)
        for exercise_id, points in reference.points.items():
            answer = reference.exercises[exercise_id].answer
            text = OTTER_TEST.format(name=exercise_id, points=float(points), answer=answer)
            (place / "tests" / f"{exercise_id}.py").write_text(text, encoding="utf-8")
        made = subprocess.run(
            [program, "generate", "--no-environment", "-t", "tests", "-o", "autograder.zip"],
            cwd=place,
            env=env,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if made.returncode:
            raise SystemExit(f"otter generate failed in {place}: {made.stderr[-500:]}")
        for student in ids:
            target = place / student
            target.mkdir()
            file = shutil.copy(course.submitted / student / name / f"{name}.ipynb", target)
            zipped = str(place / "autograder.zip")
            commands.append([program, "run", "-a", zipped, "-o", str(target), "--no-logo", str(file)])
            results[f"{student}/{name}"] = target / "results.json"
    times = measured(commands, course.root, env)
    scores: Scores = {}
    for submission, path in results.items():
        if path.is_file():
            for test in json.loads(path.read_text(encoding="utf-8"))["tests"]:
                scores[submission, str(test["name"]).split(" ")[0]] = float(test.get("score", 0.0))
    return Run("otter run", count, *times, scores)


def differences(theirs: Scores, own: Scores, most: dict[str, float] | None = None) -> str:
    """How many of the scores differ; with ``most``, only exercises that are all right or all wrong are compared."""
    shared = [key for key in own if key in theirs and (most is None or own[key] in (0.0, most[key[1]]))]
    different = sum(abs(theirs[key] - own[key]) > 1e-9 for key in shared)
    return f"{len(shared)} compared, {different} different"


def main() -> None:
    lenient_output()
    parser = argparse.ArgumentParser(description="Compare graders on one class.")
    parser.add_argument("--submissions", type=int, default=60, metavar="N")
    parser.add_argument("--growth", type=int, nargs="*", default=[15, 60, 240], metavar="N")
    parser.add_argument("--skip", nargs="*", default=[], choices=("nbgrader", "otter"))
    parser.add_argument("--otter", default=sys.executable, metavar="PYTHON", help="a Python that has otter-grader")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the numbers there, as JSON")
    options = parser.parse_args()
    console = Console(width=120)
    root = find_course().root
    with tempfile.TemporaryDirectory(prefix="grading-benchmark-") as folder:
        place = Path(folder)
        seeds = Course(root, place / "seeds")
        draw_seeds(seeds, seeds.assignment_ids())

        def fresh(name: str, count: int) -> tuple[Course, dict[str, list[str]]]:
            course = Course(root, place / name)
            students = make_class(course, count)
            shutil.copy(seeds.seeds, course.seeds)
            register(course, list(students))
            return course, students

        runs: list[Run] = []
        console.print(f"{options.submissions} honest submissions, {os.cpu_count()} cores")
        variants: list[tuple[str, list[str]]] = [
            ("ours, sandbox, 2 jobs", ["--jobs", "2"]),
            ("ours, sandbox, 1 job", ["--jobs", "1"]),
            ("ours, no sandbox, 2 jobs", ["--jobs", "2", "--sandbox", "none"]),
            ("ours, no sandbox, 1 job", ["--jobs", "1", "--sandbox", "none"]),
        ]
        work: list[Callable[[], Run]] = []
        for k, (name, arguments) in enumerate(variants):
            course, _ = fresh(f"ours{k}", options.submissions)
            work.append(lambda c=course, a=arguments, n=name: ours(c, a, n, options.submissions))  # type: ignore[misc]
        if "nbgrader" not in options.skip:
            course, students = fresh("nbgrader", options.submissions)
            work.append(lambda c=course, s=students: plain_nbgrader(c, s, options.submissions))  # type: ignore[misc]
        if "otter" not in options.skip:
            if Path(options.otter).with_name("otter").is_file():
                course, students = fresh("otter", options.submissions)
                target = place / "otter-work"
                work.append(  # type: ignore[misc]
                    lambda c=course, s=students: otter(c, s, options.submissions, options.otter, target)
                )
            else:
                console.print("otter is not installed beside that Python; it is left out.")
        for job in work:
            runs.append(job())
            console.print(f"  {runs[-1].name}: {runs[-1].seconds:.1f} s", style="dim")
        show(console, runs, {name: value for n in root_points(root).values() for name, value in n.items()})
        growth: dict[int, float] = {}
        if options.growth:
            table = Table(title="How the time grows (sandbox, 2 jobs)", title_justify="left")
            for head in ("submissions", "seconds", "seconds each"):
                table.add_column(head, justify="right")
            for count in options.growth:
                course, _ = fresh(f"growth{count}", count)
                run = ours(course, ["--jobs", "2"], "", count)
                table.add_row(str(count), f"{run.seconds:.1f}", f"{run.seconds / count:.3f}")
                growth[count] = round(run.seconds, 2)
            console.print(table)
        if options.results:
            graders = [
                {"name": r.name, "seconds": round(r.seconds, 2), "cpu": round(r.cpu, 2), "megabytes": round(r.memory)}
                for r in runs
            ]
            numbers = {"submissions": options.submissions, "graders": graders, "growth": growth}
            write_atomically(options.results, json.dumps(numbers, indent=1).encode())


def root_points(root: Path) -> dict[str, dict[str, float]]:
    """The points of every exercise, by assignment."""
    course = find_course(root)
    return {name: dict(Reference(course, name).points) for name in course.assignment_ids()}


def show(console: Console, runs: list[Run], most: dict[str, float]) -> None:
    """The table, with the ratio to nbgrader (or to the first run) and the comparison of scores."""
    base = next((run for run in runs if run.name.startswith("nbgrader")), runs[0])
    own = runs[0].scores
    table = Table(title=f"{runs[0].submissions} submissions", title_justify="left")
    for head in ("grader", "seconds", "per second", f"ratio to {base.name}", "CPU s each", "peak MB", "scores"):
        table.add_column(head, justify="left" if head in ("grader", "scores") else "right")
    for run in runs:
        table.add_row(
            run.name,
            f"{run.seconds:.1f}",
            f"{run.rate:.2f}",
            f"{run.rate / base.rate:.1f}",
            f"{run.cpu / run.submissions:.2f}",
            f"{run.memory:.0f}",
            differences(run.scores, own, most if run.name.startswith("otter") else None)
            + (f", exit code {run.code}" if run.code else ""),
        )
    console.print(table)


if __name__ == "__main__":
    main()
