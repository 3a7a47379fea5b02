"""What students take home: complete, always the same bytes, and nothing of the instructor's in it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mlp_utils.version import __version__
from packaging.markers import Marker
from packaging.requirements import Requirement

from autograder.cli import main
from autograder.files.paths import Course, CourseError
from autograder.handing_out import package as packaging
from autograder.handing_out import pins

from ...conftest import ROOT
from ...course.test_leaks import assert_nothing_leaks

pytestmark = pytest.mark.slow

WHEEL = f"mlp_utils-{__version__}-py3-none-any.whl"
FILES = ("pyproject.toml", "constraints.txt", "LICENSE", "course/start.py", "course/mlp_utils/README.md")


@pytest.fixture
def small(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The small course with what a package needs besides, as the working directory."""
    for name in FILES:
        shutil.copy(ROOT / name, mini_course.root / name)
    monkeypatch.chdir(mini_course.root)
    return mini_course


def read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- the zip file ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_says_where_how_large_and_how_many(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package"]) == 0
    captured = capsys.readouterr()
    assert re.fullmatch(r"package: dist/student.zip, \d+ kB, 1 notebook\(s\)\n", captured.out)
    assert "building the wheel" in captured.err
    files = read(small.root / "dist" / "student.zip")
    assert sorted(name.removeprefix("mlp-course/") for name in files) == [
        "START_HERE.html",
        "START_HERE.txt",
        WHEEL,
        "release/mini/mini.ipynb",
        "requirements.txt",
        "start.py",
    ]
    assert files["mlp-course/release/mini/mini.ipynb"] == small.release_notebook("mini").read_bytes()
    assert files["mlp-course/start.py"] == (ROOT / "course" / "start.py").read_bytes()
    with zipfile.ZipFile(io.BytesIO(files[f"mlp-course/{WHEEL}"])) as wheel:
        assert "mlp_utils/visible/mini.json" in wheel.namelist()


@pytest.mark.slow
def test_it_is_the_same_bytes_when_it_is_built_again(small: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    first = packaging.package(small, small.root / "one.zip").path.read_bytes()
    for path in small.root.rglob("*"):
        path.touch()
        if path.is_file():
            path.chmod(0o600)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert packaging.package(small, small.root / "two.zip").path.read_bytes() == first


@pytest.mark.slow
def test_it_unpacks_to_files_that_everybody_may_read(small: Course) -> None:
    with zipfile.ZipFile(packaging.package(small).path) as archive:
        entries = archive.infolist()
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert {entry.date_time for entry in entries} == {packaging.STAMP}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


@pytest.mark.parametrize(
    "damage",
    [
        lambda course: course.release_notebook("mini").unlink(),
        lambda course: course.release_notebook("mini").write_text("{}", encoding="utf-8"),
        lambda course: (course.visible / "answers.json").write_text("{}", encoding="utf-8"),
    ],
)
def test_a_build_that_is_out_of_date_is_refused(
    small: Course, capsys: pytest.CaptureFixture[str], damage: object
) -> None:
    damage(small)  # type: ignore[operator]
    assert main(["package"]) == 1
    message = capsys.readouterr().err
    assert "1 generated file(s) are not what a build makes" in message
    assert "run `python -m autograder build`" in message
    assert not (small.root / "dist").exists()


def test_a_folder_is_no_place_for_it(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package", "--to", "course"]) == 1
    assert "is a folder; name the zip file" in capsys.readouterr().err


def test_a_wheel_that_cannot_be_built_is_one_sentence(small: Course) -> None:
    (small.root / "pyproject.toml").write_text("[project]\nname = 3\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"The wheel of mlp_utils could not be built: .*[^.]\.$"):
        packaging.build_wheel(small.root)


# --- the course's own --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def students(course: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of the course's zip file as text, those of the wheel too."""
    files = read(packaging.package(course, tmp_path_factory.mktemp("package") / "student.zip").path)
    for name in [name for name in files if name.endswith(".whl")]:
        with zipfile.ZipFile(io.BytesIO(files.pop(name))) as wheel:
            files |= {f"{name}/{inner}": wheel.read(inner) for inner in wheel.namelist()}
    return {name: content.decode("utf-8", "replace") for name, content in files.items()}


@pytest.mark.slow
def test_nothing_of_the_instructors_is_in_it(students: dict[str, str], course: Course) -> None:
    for name, text in students.items():
        assert name.startswith("mlp-course/")
        assert not re.search("source_notebooks|exercises/|autograder/|grading|submitted|gradebook|seeds", name), name
        for assignment in course.assignment_ids():
            assert_nothing_leaks(text, assignment, name)
    assert {name.split("/")[2] for name in students if "/release/" in name} == set(course.assignment_ids())


@pytest.mark.slow
def test_the_page_loads_nothing_and_names_every_notebook(students: dict[str, str], course: Course) -> None:
    page, text = (students[f"mlp-course/START_HERE.{kind}"] for kind in ("html", "txt"))
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|src=|@import|https?://", page)
    for assignment in course.assignment_ids():
        assert assignment in page and assignment in text
    assert "{" not in text and "&" not in text


@pytest.mark.slow
def test_requirements_are_exact_and_name_no_address(students: dict[str, str]) -> None:
    text = students["mlp-course/requirements.txt"]
    assert not re.search(r"https?:|file:|@|--", text)
    found = [Requirement(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"==[\w.]+", str(requirement.specifier)) for requirement in found)
    names = {requirement.name.lower(): requirement for requirement in found}
    assert {"numpy", "matplotlib", "jupyterlab", "ipywidgets", "ipykernel", "nbclient"} <= set(names)
    assert {"scikit-learn", "scipy", "tqdm"} <= set(names)
    assert not {"nbgrader", "jupytext", "pytest", "rich", "autograd", "torch"} & set(names)
    assert str(names["pywinpty"].marker) == 'sys_platform == "win32"'
    assert str(names["appnope"].marker) == 'sys_platform == "darwin"'
    assert names["numpy"].marker is None


# --- pins --------------------------------------------------------------------------------------------------------


def test_what_is_required_here_is_what_is_installed_here() -> None:
    """The closure for this machine, by another way: everything that pip would miss is pinned."""
    required = [Requirement(line) for line in pins.requirements(ROOT).splitlines() if not line.startswith("#")]
    here = {r.name for r in required if r.marker is None or r.marker.evaluate()}
    code = (
        "import importlib.metadata as m, sys; "
        "print(*[n for n in sys.argv[1:] if m.version(n.split('==')[0]) != n.split('==')[1]])"
    )
    exact = [f"{r.name}{r.specifier}" for r in required if r.name in here]
    done = subprocess.run([sys.executable, "-c", code, *exact], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("places", "text"),
    [
        (pins.EVERYWHERE, ""),
        ({p for p in pins.EVERYWHERE if p[0] == "win32"}, 'sys_platform == "win32"'),
        ({p for p in pins.EVERYWHERE if p[0] != "win32"}, 'sys_platform != "win32"'),
        ({p for p in pins.EVERYWHERE if p[1] == "3.11"}, 'python_version < "3.12"'),
        ({p for p in pins.EVERYWHERE if p[1] >= "3.13"}, 'python_version >= "3.13"'),
        (
            {("darwin", "3.11"), ("darwin", "3.12")},
            'sys_platform == "darwin" and python_version < "3.13"',
        ),
    ],
)
def test_the_shortest_marker_is_found(places: set[pins.Where], text: str) -> None:
    assert pins.marker(places) == text


def test_places_without_a_simple_marker_are_listed() -> None:
    places = {("linux", "3.11"), ("win32", "3.13")}
    found = Marker(pins.marker(places))
    assert {p for p in pins.EVERYWHERE if found.evaluate({"sys_platform": p[0], "python_version": p[1]})} == places


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("numpy", "gone==1.0", "has no line for numpy"),
        ("pyzmq", "pyzmq==27.0.1", "pyzmq .* is installed and constraints.txt pins 27.0.1"),
        ("jupyterlab", "jupyterlab==3.0.0", "pins jupyterlab 3.0.0, and .* needs jupyterlab>="),
    ],
)
def test_a_pin_that_cannot_be_is_named(tmp_path: Path, name: str, line: str, says: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    changed = [line if pin.startswith(f"{name}==") else pin for pin in lines]
    (tmp_path / "constraints.txt").write_text("\n".join(changed), encoding="utf-8")
    with pytest.raises(CourseError, match=says):
        pins.requirements(tmp_path)
