"""The build: the same bytes each time, nothing lost, and the way back."""

from __future__ import annotations

import nbformat
import pytest

from autograder.building import build
from autograder.building.percent import read_percent, write_percent
from autograder.files.paths import Course, CourseError


def test_a_second_build_writes_nothing(mini_course: Course) -> None:
    before = build.made(mini_course, ["mini"])
    assert build.build(mini_course) == []
    assert build.made(mini_course, ["mini"]) == before


def test_check_names_differing_missing_and_unexpected_files(mini_course: Course) -> None:
    files = build.made(mini_course, ["mini"])
    assert build.differences(mini_course, files) == []
    mini_course.release_notebook("mini").write_text("{}", encoding="utf-8")
    mini_course.source_notebook("mini").unlink()
    (mini_course.release / "stray.txt").write_text("x", encoding="utf-8")
    found = "\n".join(build.differences(mini_course, files))
    assert "release/mini/mini.ipynb differs" in found
    assert "source_notebooks/mini/mini.ipynb is missing" in found
    assert "release/stray.txt does not belong" in found


def test_what_an_author_writes_comes_back_unchanged(mini_course: Course) -> None:
    text = (mini_course.assignments / "mini" / "notebook.py").read_text(encoding="utf-8")
    built = build.read_path(mini_course.source_notebook("mini"))
    assert write_percent(built) == text


def test_an_edit_of_the_instructors_notebook_is_not_lost_and_can_be_adopted(mini_course: Course) -> None:
    path = mini_course.source_notebook("mini")
    notebook = nbformat.read(path, 4)
    notebook.cells[0].source = "# A new heading"
    test = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_root")
    test.metadata["nbgrader"]["points"] = 2.5
    notebook.cells[1].metadata["slideshow"] = {"slide_type": ""}
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match="adopt mini"):
        build.build(mini_course)
    build.adopt(mini_course, "mini")
    text = (mini_course.assignments / "mini" / "notebook.py").read_text(encoding="utf-8")
    assert "# # A new heading" in text
    assert 'test="root" points=2.5' in text
    build.build(mini_course, overwrite=True)
    assert build.differences(mini_course, build.made(mini_course, ["mini"])) == []
    assert "A new heading" in mini_course.release_notebook("mini").read_text(encoding="utf-8")


def test_opening_and_saving_without_a_change_is_not_an_edit(mini_course: Course) -> None:
    path = mini_course.source_notebook("mini")
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        cell.metadata["editable"] = True
        if cell.cell_type == "code":
            cell.execution_count = 3
    nbformat.write(notebook, path)
    assert not build.edited(mini_course, "mini")


def test_a_build_never_touches_submissions_and_grades(mini_course: Course) -> None:
    kept = mini_course.submitted / "ada" / "mini" / "mini.ipynb"
    kept.parent.mkdir(parents=True)
    kept.write_text("work", encoding="utf-8")
    mini_course.database.write_text("grades", encoding="utf-8")
    notebook = mini_course.assignments / "mini" / "notebook.py"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("points=3", "points=4"), encoding="utf-8")
    assert build.build(mini_course)
    assert kept.read_text(encoding="utf-8") == "work"
    assert mini_course.database.read_text(encoding="utf-8") == "grades"


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ('# %% test="square"', "needs points"),
        ('# %% test="square" points=-1', "needs points"),
        ('# %% solution="square" points=2', "a header has one of"),
        ('# %% solution="square" test="square" points=2', "a header has one of"),
        ('# %% [markdown] test="x" points=2', "not a code cell"),
        ('# %% solution="a"\nx = 1\n# %% solution="a"', "used twice"),
    ],
)
def test_a_header_that_cannot_be_understood_is_named(header: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        read_percent(f"{header}\nx = 1\n", "mini")


def test_a_solution_that_raises_is_named(mini_course: Course) -> None:
    notebook = mini_course.assignments / "mini" / "notebook.py"
    notebook.write_text(
        notebook.read_text(encoding="utf-8").replace("root = np.sqrt(2)", "root = np.sqrt(undefined)"), encoding="utf-8"
    )
    with pytest.raises(CourseError, match="raised NameError"):
        build.build(mini_course)


def test_a_wrong_reference_derivative_is_refused(mini_course: Course) -> None:
    notebook = mini_course.assignments / "mini" / "notebook.py"
    notebook.write_text(
        notebook.read_text(encoding="utf-8").replace("return 2 * x", "return 2.001 * x"), encoding="utf-8"
    )
    with pytest.raises(CourseError, match="finite difference of square"):
        build.build(mini_course)


def test_an_exercise_that_stands_in_one_file_only_is_named(mini_course: Course) -> None:
    path = mini_course.assignments / "mini" / "exercises.py"
    path.write_text(path.read_text(encoding="utf-8") + '\nextra = Exercise("extra", title="Extra")\n', encoding="utf-8")
    with pytest.raises(CourseError, match=r"extra stands in exercises and not in notebook\.py"):
        build.build(mini_course)


def test_a_failed_build_changes_nothing(mini_course: Course) -> None:
    before = {path: path.read_bytes() for path in build.made(mini_course, ["mini"])}
    notebook = mini_course.assignments / "mini" / "notebook.py"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("return x * x", "return x +"), encoding="utf-8")
    with pytest.raises(CourseError):
        build.build(mini_course)
    assert {path: path.read_bytes() for path in before} == before


SEVERAL = """
# %% solution="{name}"
def {name}({arguments}):
    ### BEGIN SOLUTION
    return {result}
    ### END SOLUTION


# %% test="{name}" points=1
check("{name}", {name})
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function

grade_function("{name}", {name})
### END HIDDEN TESTS
"""

PRODUCT = """

affine = Exercise("affine", title="A product and a bias")


@affine.cases
def _(rng):
    yield case("two matrices", rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2))


pulled = Exercise("pulled", title="Its gradients", {how})


@pulled.cases
def _(rng):
    yield case("three matrices", rng.normal(size=(4, 2)), rng.normal(size=(4, 3)), rng.normal(size=(3, 2)))
"""

AFFINE_HOW = 'loss="affine", wrt="W, X, b", upstream="dZ"'


def add_affine(course: Course, gradients: str, how: str = AFFINE_HOW) -> None:
    """Two exercises: Z = X W + b, and its gradients with respect to W, X and b from a given dZ."""
    folder = course.assignments / "mini"
    cells = SEVERAL.format(name="affine", arguments="X, W, b", result="X @ W + b")
    cells += SEVERAL.format(name="pulled", arguments="dZ, X, W", result=gradients)
    (folder / "notebook.py").write_text((folder / "notebook.py").read_text(encoding="utf-8") + cells, encoding="utf-8")
    path = folder / "exercises.py"
    path.write_text(path.read_text(encoding="utf-8") + PRODUCT.replace("{how}", how), encoding="utf-8")


def test_derivatives_with_respect_to_several_arguments_are_verified(mini_course: Course) -> None:
    """The bias is no argument of the exercise; its gradient is verified all the same."""
    add_affine(mini_course, "X.T @ dZ, dZ @ W.T, np.sum(dZ, axis=0)")
    assert build.build(mini_course)


@pytest.mark.parametrize(
    "wrong",
    [
        "2 * X.T @ dZ, dZ @ W.T, np.sum(dZ, axis=0)",
        "X.T @ dZ, dZ @ -W.T, np.sum(dZ, axis=0)",
        "X.T @ dZ, dZ @ W.T, np.mean(dZ, axis=0)",
    ],
)
def test_each_of_several_wrong_reference_derivatives_is_refused(mini_course: Course, wrong: str) -> None:
    add_affine(mini_course, wrong)
    with pytest.raises(CourseError, match="finite difference of affine"):
        build.build(mini_course)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ('loss="affine", wrt="W, X", upstream="dZ"', "does not name or get b"),
        ('loss="affine, affine", wrt="W, X, b"', "name 2 and 3 things"),
    ],
)
def test_a_derivative_that_cannot_be_formed_is_named(mini_course: Course, how: str, says: str) -> None:
    add_affine(mini_course, "X.T @ dZ, dZ @ W.T, np.sum(dZ, axis=0)", how)
    with pytest.raises(CourseError, match=says):
        build.build(mini_course)
