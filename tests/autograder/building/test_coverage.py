"""The coverage page: what it says of each item, and how the build keeps it."""

from __future__ import annotations

import json

import pytest

from autograder.building import build
from autograder.building.coverage import coverage
from autograder.files.paths import Course, CourseError

SOURCE = {"S9": "A source"}


def write_items(course: Course, *items: dict[str, object], sources: dict[str, str] = SOURCE) -> None:
    course.items.write_text(json.dumps({"sources": sources, "items": list(items)}), encoding="utf-8")


def item(number: int, home: str = "mini", kinds: tuple[str, ...] = ("derive",)) -> dict[str, object]:
    return {"id": f"S9-{number:02d}", "what": f"Thing {number}", "kinds": kinds, "home": home}


def add_to_exercises(course: Course, text: str) -> None:
    path = course.assignments / "mini" / "exercises.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


def row(course: Course, name: str) -> str:
    return next(line for line in coverage(course).page().splitlines() if line.startswith(f"| {name} |"))


def test_a_course_without_items_has_no_page(mini_course: Course) -> None:
    assert mini_course.coverage not in build.made(mini_course, ["mini"])


def test_an_item_is_asked_for_missing_or_planned(mini_course: Course) -> None:
    write_items(mini_course, item(1), item(2), item(3, "later"))
    add_to_exercises(mini_course, 'root.covers = ("S9-01",)')
    assert row(mini_course, "S9-01").endswith("| `root` |")
    assert row(mini_course, "S9-02").endswith("| missing |")
    assert row(mini_course, "S9-03").endswith("| planned |")
    assert row(mini_course, "all") == "| all |  | 3 | 1 | 1 | 1 |"


def test_the_build_writes_the_page_and_the_check_compares_it(mini_course: Course) -> None:
    write_items(mini_course, item(1))
    assert build.build(mini_course, ["mini"]) == [mini_course.coverage]
    assert build.build(mini_course) == []
    mini_course.coverage.write_text("edited", encoding="utf-8")
    files = build.made(mini_course, mini_course.assignment_ids())
    assert build.differences(mini_course, files) == ["course/coverage.md differs from what its source builds"]


def test_a_cell_that_a_person_grades_covers_items_too(mini_course: Course) -> None:
    write_items(mini_course, item(1))
    notebook = mini_course.assignments / "mini" / "notebook.py"
    cell = '# %% [markdown] manual="words" points=1\n# ### BEGIN SOLUTION\n# So.\n# ### END SOLUTION\n'
    notebook.write_text(f"{notebook.read_text(encoding='utf-8')}\n{cell}", encoding="utf-8")
    add_to_exercises(mini_course, 'COVERS = {"words": ("S9-01",)}')
    build.build(mini_course)
    assert row(mini_course, "S9-01").endswith("| `words` |")


def test_covers_of_a_cell_that_does_not_exist_is_named(mini_course: Course) -> None:
    add_to_exercises(mini_course, 'COVERS = {"words": ("S9-01",)}')
    with pytest.raises(CourseError, match="COVERS names 'words'"):
        build.build(mini_course)


def test_problems_name_unknown_misplaced_and_missing_items(mini_course: Course) -> None:
    write_items(mini_course, item(1), item(2, "later"))
    add_to_exercises(mini_course, 'root.covers = ("S9-02", "S9-07")')
    found = coverage(mini_course).problems()
    assert len(found) == 3
    assert "covers S9-02, whose home is later" in found[0]
    assert "covers S9-07, which is no item" in found[1]
    assert "no exercise covers S9-01" in found[2]


def test_an_assignment_that_cannot_be_loaded_leaves_the_others_readable(mini_course: Course) -> None:
    write_items(mini_course, item(1), item(2, "half_written"))
    add_to_exercises(mini_course, 'root.covers = ("S9-01",)')
    folder = mini_course.assignments / "half_written"
    folder.mkdir()
    (folder / "notebook.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    build.build(mini_course, ["mini"])
    text = mini_course.coverage.read_text(encoding="utf-8")
    assert "cannot be loaded at present: half_written" in text
    assert row(mini_course, "S9-01").endswith("| `root` |")
    assert row(mini_course, "S9-02").endswith("| unreadable |")


@pytest.mark.parametrize(
    "items",
    [
        [item(1), item(1)],
        [item(1, kinds=())],
        [item(1, kinds=("guess",))],
        [{**item(1), "id": "S8-01"}],
        [{"id": "S9-01"}],
    ],
)
def test_a_list_of_items_that_cannot_be_right_is_named(mini_course: Course, items: list[dict[str, object]]) -> None:
    write_items(mini_course, *items)
    with pytest.raises(CourseError, match=r"items\.json"):
        coverage(mini_course)
