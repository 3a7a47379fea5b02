"""One submission's way through a worker process: an order of bytes goes in, the bytes of a record come out.

Whoever carries the orders (processes of this machine, a cluster) sees bytes of JSON alone; nothing that came from a
student is ever unpickled.  ``perform`` is all that a worker does, and it never raises.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import platform
import shutil
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlp_utils
import numpy as np

from autograder.files.paths import CONFIG, PACKAGE, Course, CourseError
from autograder.files.storage import FULL
from autograder.files.submissions import key_bytes
from autograder.grading.grade import grade_submission
from autograder.judging.reference import Reference
from autograder.judging.verdict import Record
from autograder.kernels.kernel import KernelUnavailable, Limits, kept_servers
from autograder.kernels.library import make_library
from autograder.kernels.sandbox import Sandbox, SandboxUnavailable
from autograder.kernels.which import choose_sandbox

ROOT = "MLP_COURSE"
"""Names the checkout of the course on a worker's machine, where it lies elsewhere than on the grader's."""

Tick = Callable[[], None]


@dataclass(frozen=True)
class Order:
    """All that a worker needs to know about one submission.

    content:     the bytes of the notebook.
    problems:    what was odd about the file, in sentences.
    graded_hash: of what is graded (see ``Record``).
    seed:        of the hidden cases.
    limits:      of ``kernel.Limits``, by name.
    sandbox:     the kind; a worker that does not have it refuses.
    root:        the checkout of the course.
    digest:      of the course's version, which the worker's has to equal.
    """

    student_id: str
    assignment_id: str
    content: bytes
    problems: tuple[str, ...]
    graded_hash: str
    seed: int
    limits: dict[str, Any]
    sandbox: str
    root: str
    digest: str

    @property
    def name(self) -> str:
        return f"{self.student_id}/{self.assignment_id}"

    @property
    def patience(self) -> float:
        """Seconds after which a worker that has not answered is no longer waited for: far above every limit."""
        return 15 * (float(self.limits["notebook_seconds"]) + 60)

    def to_bytes(self) -> bytes:
        data = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return json.dumps(data | {"content": base64.b64encode(self.content).decode()}).encode()

    @staticmethod
    def from_bytes(content: bytes) -> Order:
        data = json.loads(content)
        data["content"] = base64.b64decode(data["content"])
        data["problems"] = tuple(data["problems"])
        return Order(**data)


@dataclass(frozen=True)
class OrderOutcome:
    """What came of an order: a record, or a sentence that says why there is none.

    fatal: the reason will meet every other order too, so the run should end.
    """

    order: Order
    record: Record | None = None
    failure: str = ""
    fatal: bool = False


@functools.cache
def _sandbox(kind: str) -> Sandbox:
    """Found out once for each process, whose warm servers from now on wait for the next kernel.

    A process that ends without a word takes them along: they end when their line is closed.
    """
    kept = contextlib.ExitStack()
    kept.enter_context(kept_servers())
    atexit.register(kept.close)
    return choose_sandbox(kind)


class OtherCourse(CourseError):
    """The course on a worker's machine is not the grader's."""


def perform(content: bytes) -> bytes:
    """Grade one submission: the bytes of its record, or of ``{"failure": sentence, "fatal": bool}``."""
    try:
        order = Order.from_bytes(content)
        with _ONE_AT_A_TIME:  # running answers redirects this process's output
            reference, library = loaded(order.root, order.assignment_id, order.digest)
            record = grade_submission(
                order.content,
                order.student_id,
                reference,
                order.seed,
                Limits(**order.limits),
                library,
                order.graded_hash,
                _sandbox(order.sandbox),
            )
        return replace(record, problems=(*order.problems, *record.problems)).to_bytes()
    except (CourseError, KernelUnavailable) as error:
        return _failure(str(error), fatal=isinstance(error, OtherCourse | SandboxUnavailable))
    except OSError as error:
        return _failure(f"{type(error).__name__}: {error}.", fatal=error.errno in FULL)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        return _failure(f"the grader itself failed with {type(error).__name__}: {error} ({where}).")


def outcome_of(order: Order, reply: bytes) -> OrderOutcome:
    """What a worker's reply says; a reply that fits the order in no way is a failure."""
    try:
        data = json.loads(reply)
    except ValueError:
        return OrderOutcome(order, failure="the worker's reply could not be read.")
    if isinstance(data, dict) and "failure" in data:
        return OrderOutcome(order, failure=str(data["failure"]), fatal=bool(data.get("fatal")))
    try:
        record = Record.from_bytes(reply, "the worker's reply")
    except CourseError as error:
        return OrderOutcome(order, failure=str(error))
    wanted = (order.student_id, order.assignment_id, order.graded_hash)
    if (record.student_id, record.assignment_id, record.graded_hash) != wanted:
        return OrderOutcome(order, failure="the worker answered for another submission.")
    return OrderOutcome(order, record)


@functools.cache
def loaded(root: str, assignment_id: str, digest: str) -> tuple[Reference, Path]:
    """The reference of an assignment and the library for its students' kernels, once for each process.

    A process that is forked from one that has called this has them already.  ``CourseError`` if the course here is
    another version than the digest's.
    """
    course = _course(root)
    if course_digest(course, assignment_id) != digest:
        raise OtherCourse(
            f"the course in {course.root} on {platform.node()} is another version than the grader's (its files, Python "
            "or NumPy); bring it to the same version and start the workers again."
        )
    reference = Reference(course, assignment_id)
    return reference, _library(course.root / "course" / "mlp_utils", frozenset(reference.withheld))


@functools.cache
def _library(package: Path, withheld: frozenset[str]) -> Path:
    """Assignments that withhold the same share a library, and so the servers of their kernels."""
    folder = Path(tempfile.mkdtemp(prefix="mlp-library-"))
    folder.chmod(0o755)  # kernels may run as other users
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make_library(package, folder / "library", withheld)


def forget() -> None:
    """At the end of a run: the libraries lie in its scratch folder, which goes."""
    loaded.cache_clear()
    _library.cache_clear()


def course_digest(course: Course, assignment_id: str) -> str:
    """Of all that decides a verdict but submission and seed: the key, both packages, Python and NumPy."""
    digest = hashlib.sha256(key_bytes(course, assignment_id))
    digest.update(course.release_notebook(assignment_id).read_bytes())
    folders = {course.root / "course" / "mlp_utils", Path(mlp_utils.__file__).parent, PACKAGE}
    for content in sorted(_package_digest(folder) for folder in folders):
        digest.update(content)
    digest.update(f"{platform.python_version()} {np.__version__}".encode())
    return digest.hexdigest()


def _package_digest(folder: Path) -> bytes:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".json", ".npz") and p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def _course(root: str) -> Course:
    """The course on this machine: where MLP_COURSE says, else where the grader has it, else where this package lies."""
    places = [Path(text) for text in (os.environ.get(ROOT, ""), root) if text]
    places.append(PACKAGE.parent)
    here = next((path for path in places if (path / CONFIG).is_file() and (path / "course").is_dir()), None)
    if here is None:
        raise OtherCourse(f"there is no checkout of the course on {platform.node()}; set {ROOT} to one.")
    return Course(here, here / "grading")


def _failure(sentence: str, fatal: bool = False) -> bytes:
    return json.dumps({"failure": sentence, "fatal": fatal}).encode()


_ONE_AT_A_TIME = threading.Lock()
