"""Build the instructor's and the students' notebooks from what authors write.

    course/assignments/<id>/notebook.py  →  source_notebooks/<id>/<id>.ipynb  →  release/<id>/<id>.ipynb
                                                                             →  course/mlp_utils/visible/<id>.json
    course/items.json and the exercises of all assignments   →  course/coverage.md

Everything is made in a temporary folder and compared before anything is written, so that a build that fails changes
nothing and a second build changes nothing either.  Notebooks are compared byte by byte, recorded numbers by what they
mean: the last bits of a sine or a sum depend on the processor, so what a file says already it keeps.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from mlp_utils.handing_in.notebook_file import parse
from traitlets.config import Config

from autograder.building.coverage import coverage_page
from autograder.building.paper import on_paper
from autograder.building.percent import COURSE_KEY, content_digest, read_percent, write_percent
from autograder.building.visible import visible_json
from autograder.files.notebooks import Assignment, read_path, serialise
from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically
from autograder.gradebook.nbgrader_settings import configure, run_converter
from autograder.judging.declared import load_exercises
from autograder.judging.reference import Reference

Files = dict[Path, bytes]


def made(course: Course, assignment_ids: Iterable[str]) -> Files:
    """Every generated file of these assignments, and of the course, with the bytes that it should have."""
    files: Files = {}
    recorded: dict[str, str] = {}
    for assignment_id in assignment_ids:
        text = (course.assignments / assignment_id / "notebook.py").read_text(encoding="utf-8")
        declared = load_exercises(course, assignment_id)
        source = serialise(on_paper(read_percent(text, assignment_id), declared.exercises))
        release = generate_release(course, assignment_id, source)
        files[course.source_notebook(assignment_id)] = source
        files[course.release_notebook(assignment_id)] = release
        assignment = Assignment(assignment_id, parse(source), parse(release))
        reference = Reference(course, assignment_id, assignment)
        for name in reference.recorded:
            if recorded.setdefault(name, assignment_id) != assignment_id:
                raise CourseError(f"{assignment_id} and {recorded[name]} both record {name!r}; rename one of them.")
        path = course.visible / f"{assignment_id}.json"
        files[path] = visible_json(reference, path.read_bytes() if path.is_file() else b"").encode()
    if course.items.is_file():
        files[course.coverage] = coverage_page(course).encode()
    return files


def generate_release(course: Course, assignment_id: str, source: bytes) -> bytes:
    """The students' notebook, made by nbgrader's own ``generate_assignment`` in a temporary folder."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    with tempfile.TemporaryDirectory() as folder:
        place = Course(Path(folder), Path(folder) / "grading")
        path = place.source_notebook(assignment_id)
        path.parent.mkdir(parents=True)
        path.write_bytes(source)
        config = configure(Config(), place)
        config.SaveCells.enabled = False
        directory = CourseDirectory(config=config)
        directory.assignment_id = assignment_id
        converter = GenerateAssignment(coursedir=directory, config=config)
        converter.no_database = True
        run_converter(converter, f"nbgrader could not make the release of {assignment_id}")
        return serialise(parse(place.release_notebook(assignment_id).read_bytes()))


def differences(course: Course, files: Files) -> list[str]:
    """What differs, is missing or does not belong, one sentence a file; empty when the build is up to date."""
    found = []
    for path, content in sorted(files.items()):
        where = path.relative_to(course.root)
        if not path.is_file():
            found.append(f"{where} is missing")
        elif not up_to_date(path, content):
            found.append(f"{where} differs from what its source builds")
    folders = (course.source, course.release, course.visible)
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file() and path not in files and ".ipynb_checkpoints" not in path.parts:
                found.append(f"{path.relative_to(course.root)} does not belong there")
    return found


def up_to_date(path: Path, content: bytes) -> bool:
    """Whether the file holds this content; of visible cases, the same to JSON: numbers have been compared before."""
    if not path.is_file():
        return False
    present = path.read_bytes()
    return present == content or (path.suffix == ".json" and _same_json(present, content))


def _same_json(a: bytes, b: bytes) -> bool:
    try:
        return bool(json.loads(a) == json.loads(b))
    except ValueError:
        return False


def edited(course: Course, assignment_id: str) -> bool:
    """Whether someone has edited the instructor's notebook since it was built."""
    path = course.source_notebook(assignment_id)
    if not path.is_file():
        return False
    notebook = read_path(path)
    built = notebook.metadata.get(COURSE_KEY, {}).get("built")
    return bool(built != content_digest(notebook))


def build(course: Course, assignment_ids: list[str] | None = None, overwrite: bool = False) -> list[Path]:
    """Write what is out of date and return it; submissions and grades are never touched.

    Raises ``CourseError`` if an instructor's notebook holds edits that a build would lose.
    """
    wanted = assignment_ids or course.assignment_ids()
    if not overwrite:
        for assignment_id in wanted:
            if edited(course, assignment_id):
                path = course.source_notebook(assignment_id).relative_to(course.root)
                raise CourseError(
                    f"{path} has been edited since it was built; bring the edit into notebook.py with "
                    f"`python -m autograder adopt {assignment_id}`, or drop it with `build --overwrite`."
                )
    written = []
    for path, content in made(course, wanted).items():
        if not up_to_date(path, content):
            write_atomically(path, content)
            path.chmod(0o644)
            written.append(path)
    return written


def adopt(course: Course, assignment_id: str) -> Path:
    """Bring an edited instructor's notebook back into ``notebook.py``, and return that file."""
    path = course.source_notebook(assignment_id)
    if not path.is_file():
        raise CourseError(f"{path} is missing; there is nothing to adopt.")
    taken = [name for name, exercise in load_exercises(course, assignment_id).exercises.items() if exercise.paper]
    if taken:
        raise CourseError(
            f"{path} has {', '.join(taken)} on paper; set paper=False, build, edit the notebook again, then adopt it."
        )
    text = write_percent(read_path(path))
    read_percent(text, assignment_id)
    target = course.assignments / assignment_id / "notebook.py"
    write_atomically(target, text.encode())
    target.chmod(0o644)
    return target
