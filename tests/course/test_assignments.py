"""Each assignment keeps the form that students can rely on."""

from __future__ import annotations

import re

from mlp_utils.assessing.tasks import DERIVATION
from mlp_utils.version import __version__
from nbgrader.utils import is_grade, is_solution

from autograder.building.percent import read_percent, write_percent
from autograder.files.notebooks import EXPERIMENT, SETUP, grade_id, is_test, tags

from .conftest import COURSE, all_exercises, reference
from .derivations import ABOUT_LINES

UNGRADED = {"00_start"}


def graded_cells(assignment: str) -> list[object]:
    return [cell for cell in reference(assignment).assignment.source.cells if is_grade(cell)]


def test_a_machine_grades_four_to_nine_exercises_and_two_more_about_derivations_of_twenty_points(
    assignment: str,
) -> None:
    cells = graded_cells(assignment)
    if assignment in UNGRADED:
        assert cells and all(cell.metadata.nbgrader.points == 0 for cell in cells)
        return
    about_lines = [
        name for name, e in reference(assignment).exercises.items() if e.kind == DERIVATION or name in ABOUT_LINES
    ]
    assert len(about_lines) <= 2
    in_words = [cell for cell in cells if is_solution(cell)]  # how many: the next test
    assert 4 <= len(cells) - len(about_lines) - len(in_words) <= 9
    assert sum(cell.metadata.nbgrader.points for cell in cells) == 20


def test_a_person_grades_one_cell_of_at_most_two_points(assignment: str) -> None:
    by_hand = [cell for cell in graded_cells(assignment) if is_solution(cell)]
    if assignment not in UNGRADED:
        assert len(by_hand) == 1
        assert by_hand[0].metadata.nbgrader.points <= 2


def test_at_most_about_120_words_stand_between_two_code_cells(assignment: str) -> None:
    words, longest = 0, 0
    for cell in reference(assignment).assignment.release.cells:
        if cell.cell_type == "code" or grade_id(cell):
            words = 0  # code, or the student's own answer in words
        else:
            # A formula reads as one word, a table row by its words.
            text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " formula ", cell.source, flags=re.DOTALL)
            words += len(re.findall(r"[^\W_][\w’'-]*", text))
            longest = max(longest, words)
    assert longest <= 125


def test_ids_are_unique_in_the_whole_course() -> None:
    names = [exercise for _, exercise in all_exercises()]
    assert len(names) == len(set(names))


def test_a_test_cell_shows_the_visible_check_and_hides_the_rest(assignment: str) -> None:
    for cell in reference(assignment).assignment.release.cells:
        if is_test(cell):
            assert re.fullmatch(r'check\("\w+", \w+\)', cell.source.strip()), cell.source


def test_set_up_names_the_version_and_the_last_cell_is_the_summary(assignment: str) -> None:
    cells = [cell for cell in reference(assignment).assignment.release.cells if cell.cell_type == "code"]
    assert any(f'made_for("{__version__}")' in cell.source for cell in cells if SETUP in tags(cell))
    assert cells[-1].source.strip() == f'summary("{assignment}")'
    assert EXPERIMENT in tags(cells[-1])


def test_experiments_are_not_graded(assignment: str) -> None:
    for cell in reference(assignment).assignment.source.cells:
        assert not (EXPERIMENT in tags(cell) and grade_id(cell))


def test_notebook_py_is_as_jupytext_writes_it(assignment: str) -> None:
    """So that bringing back an edit from JupyterLab changes nothing but the edit."""
    text = (COURSE.assignments / assignment / "notebook.py").read_text(encoding="utf-8")
    assert write_percent(read_percent(text, assignment)) == text


def test_the_notebook_names_the_modules_that_are_missing_while_it_is_graded(assignment: str) -> None:
    ref = reference(assignment)
    text = "\n".join(cell.source for cell in ref.assignment.release.cells)
    for module in ref.withheld:
        assert f"`{module.removeprefix('mlp_utils.')}`" in text, module
