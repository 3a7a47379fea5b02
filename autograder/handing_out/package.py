"""What students take home: one zip file with the notebooks, ``mlp_utils``, exact requirements and ``start.py``.

Rebuilding it from the same files gives the same bytes.  It holds nothing of the instructor's: no source notebooks, no
exercises, no autograder, no grading data.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.building.build import differences, made
from autograder.files.notebooks import first_heading, read_path
from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically
from autograder.handing_out.pins import requirements
from autograder.pages.pages import course_title, render

FOLDER = "mlp-course"
"""The one folder that the zip file unpacks to."""

EPOCH = 1_580_601_600
STAMP = (2020, 2, 2, 0, 0, 0)
"""The time of every file in the wheel and in the zip file: the same moment, so that bytes depend on content alone."""


@dataclass(frozen=True)
class Package:
    """A zip file that was written: where, its size in bytes, and its notebooks."""

    path: Path
    size: int
    assignments: tuple[str, ...]


def package(course: Course, target: Path | None = None, say: Callable[[str], None] = lambda text: None) -> Package:
    """Build ``student.zip`` and write it in one step.

    target: the file; ``dist/student.zip`` unless given.
    say:    is told what is being done.
    Raises ``CourseError`` if a generated file is out of date or a part cannot be made.
    """
    target = (target or course.root / "dist" / "student.zip").resolve()
    if target.is_dir():
        raise CourseError(f"{target} is a folder; name the zip file.")
    ids = course.assignment_ids()
    if not ids:
        raise CourseError(f"There is no assignment in {course.assignments}.")
    say(f"comparing {len(ids)} assignment(s) with what a build makes")
    found = differences(course, made(course, ids))
    if found:
        raise CourseError(
            f"{len(found)} generated file(s) are not what a build makes ({found[0]}); run `python -m autograder build`."
        )
    files = contents(course, ids, say)
    content = zipped({f"{FOLDER}/{name}": data for name, data in files.items()})
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, content)
        target.chmod(0o644)
    except OSError as error:
        raise CourseError(f"{target} cannot be written: {error.strerror or error}.") from error
    return Package(target, len(content), tuple(ids))


def contents(course: Course, ids: list[str], say: Callable[[str], None]) -> dict[str, bytes]:
    """The files of the package by name."""
    releases = {name: course.release_notebook(name) for name in ids}
    files = {f"release/{name}/{name}.ipynb": path.read_bytes() for name, path in releases.items()}
    say("building the wheel of mlp_utils")
    wheel, content = build_wheel(course.root)
    files[wheel] = content
    say("pinning its requirements")
    files["requirements.txt"] = requirements(course.root).encode()
    files["start.py"] = (course.root / "course" / "start.py").read_bytes()
    page = {
        "course": course_title(course),
        "version": wheel.split("-")[1],
        "assignments": [(name, _title(path, name)) for name, path in releases.items()],
    }
    files["START_HERE.html"] = render("start_here.html.j2", **page)
    files["START_HERE.txt"] = render("start_here.txt.j2", **page)
    return files


def build_wheel(root: Path) -> tuple[str, bytes]:
    """The wheel of ``mlp_utils``, name and content, built by hatchling without network; always the same bytes."""
    if importlib.util.find_spec("hatchling") is None:
        raise CourseError("hatchling, which builds the wheel, is not installed; run `make setup` first.")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
            cwd=root,
            env=os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH), "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            lines = done.stderr.strip().splitlines() or ["it gave no reason"]
            raise CourseError(f"The wheel of mlp_utils could not be built: {lines[-1].rstrip('.')}.")
        with zipfile.ZipFile(wheels[0]) as archive:
            strange = [n for n in archive.namelist() if not (n.startswith("mlp_utils/") or ".dist-info/" in n)]
        if strange:
            raise CourseError(f"The wheel would hold {strange[0]}, which does not belong to mlp_utils.")
        return wheels[0].name, wheels[0].read_bytes()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip file with sorted entries, one time and one set of permissions."""
    with tempfile.TemporaryFile() as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in sorted(files.items()):
                entry = zipfile.ZipInfo(name, STAMP)
                entry.create_system = 3  # Unix, also when it is built elsewhere
                entry.external_attr = 0o100644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
        stream.seek(0)
        return stream.read()


def _title(path: Path, name: str) -> str:
    heading = first_heading(read_path(path).cells[0].source)
    return heading.removeprefix(name.split("_", 1)[0]).strip() or name


__all__ = ["FOLDER", "Package", "build_wheel", "package", "zipped"]
