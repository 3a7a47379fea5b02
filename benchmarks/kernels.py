"""How long a student's kernel takes, and how many submissions are graded in a second, in each kind of sandbox.

python benchmarks/kernels.py [--students N] [--assignment ID]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from mlp_utils.streams import lenient_output

from autograder.building.sample_class import SAMPLES
from autograder.files.paths import Course, find_course
from autograder.grading.run import grade
from autograder.judging.reference import Reference
from autograder.kernels.kernel import Limits, StudentKernel, kept_servers
from autograder.kernels.library import make_library
from autograder.kernels.sandbox import BWRAP, LIMITS, NONE, Sandbox, SandboxUnavailable
from autograder.kernels.which import choose_sandbox

IMPORTS = "import numpy, matplotlib.pyplot"


def start_to_first_reply(sandbox: Sandbox, library: Path, times: int = 15) -> float:
    """Median of the milliseconds until the imports are done and until the kernel is gone again."""
    taken = []
    with kept_servers():
        for _ in range(times + 1):
            started = time.perf_counter()
            with StudentKernel(library, Limits(), sandbox) as student:
                student.run(IMPORTS)
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[1:])


def stock(course: Course, assignment_id: str, times: int = 5) -> float:
    """Notebooks per second that nbclient alone executes."""
    import nbclient
    import nbformat

    content = SAMPLES[0].make(Reference(course, assignment_id)).decode()
    started = time.perf_counter()
    for _ in range(times):
        notebook = nbformat.reads(content, 4)
        nbclient.NotebookClient(
            notebook, timeout=60, kernel_name="python3", extra_arguments=["--log-level=ERROR"]
        ).execute()
    return times / (time.perf_counter() - started)


def grade_class(course: Course, assignment_id: str, students: int, kind: str, jobs: int) -> tuple[float, float]:
    """Submissions per second, and processor seconds for each: kernel, cells, questions, verdicts, records.

    The first of each worker are left out, since they wait for its server.
    """
    with tempfile.TemporaryDirectory() as folder:
        graded = Course(course.root, Path(folder))
        content = SAMPLES[0].make(Reference(course, assignment_id))
        for number in range(students):
            path = graded.submitted / f"s{number:04}" / assignment_id / f"{assignment_id}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
        times: list[tuple[float, float]] = []
        grade(
            graded,
            [assignment_id],
            jobs=jobs,
            sandbox=kind,
            finished=lambda name: times.append((time.perf_counter(), time.process_time())),
        )
        first, last = times[2 * jobs - 1], times[-1]
        count = len(times) - 2 * jobs
        return count / (last[0] - first[0]), (last[1] - first[1]) / count


def main() -> None:
    lenient_output()
    parser = argparse.ArgumentParser()
    parser.add_argument("--students", type=int, default=24)
    parser.add_argument("--assignment", nargs="*", default=["01_activations", "02_softmax", "03_matrix_backprop"])
    parser.add_argument("--sandbox", nargs="*", default=[BWRAP, LIMITS, NONE])
    options = parser.parse_args()
    course = find_course()
    for assignment_id in options.assignment:
        print(f"nbclient {assignment_id:20} 1 at a time: {stock(course, assignment_id):5.2f} notebooks/s", flush=True)
    for kind in options.sandbox:
        try:
            sandbox = choose_sandbox(kind)
        except SandboxUnavailable as error:
            print(f"{kind:8} {error}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            library = make_library(course.root / "course" / "mlp_utils", Path(folder) / "l", [])
            print(
                f"{kind:8} kernel start, imports and end: {start_to_first_reply(sandbox, library):6.0f} ms", flush=True
            )
        for assignment_id in options.assignment:
            for jobs in (1, 2):
                rate, own = grade_class(course, assignment_id, options.students, kind, jobs)
                print(
                    f"{kind:8} {assignment_id:20} {jobs} at a time: {rate:5.2f} submissions/s, "
                    f"{1000 * own:.0f} ms of processor time each in the grader",
                    flush=True,
                )


if __name__ == "__main__":
    main()
