"""A derivation as an exercise: built, checked in the notebook, judged from outside and by plain nbgrader."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import nbformat
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import assess
from mlp_utils.in_notebooks.checks import explain

from autograder.building.build import adopt, build, differences, made
from autograder.building.visible import make_visible_task
from autograder.files.paths import Course, CourseError
from autograder.grading.run import grade
from autograder.judging.key import Key, observe
from autograder.judging.reference import Reference
from autograder.judging.verdict import Record
from autograder.kernels.kernel import Limits
from autograder.pages.explain import explain as explain_verdict

from ...conftest import make_mini_course
from ...judged import verdict_on

NAME = "loss_by_logits"
HALF = """
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * d(p[i], z[j]) for i)
= p[j] * ys[j]
"""
JUMP = "d(L, z[j])\n= p[j] - ys[j]"
OWN_WAY = """
d(L, z[j])
= d(-sum(ys[i] * z[i] for i) + log(sum(exp(z[k]) for k)), z[j])
= -ys[j] + exp(z[j]) / sum(exp(z[k]) for k)
= p[j] - ys[j]
"""
SLIP = """
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i
= p[j] - ys[j]
"""


@functools.cache
def course() -> Course:
    return make_mini_course(Path(tempfile.mkdtemp()) / "course root", "mini_steps")


def key() -> Key:
    return Reference(course(), "steps").key(NAME, 1)


def test_the_solution_and_another_way_get_full_points() -> None:
    mine = key()
    assert verdict_on(key(), lambda: mine.right).status == "passed"
    for answer in mine.exercise.accepted_answers:
        assert observe(mine.task, lambda a=answer: a.build(NAME, mine.right, mine.namespace)).passed


def test_every_known_false_line_is_named() -> None:
    mine = key()
    for answer in mine.exercise.misconceptions:
        verdict = verdict_on(key(), lambda answer=answer: answer.build(NAME, mine.right, mine.namespace))
        assert verdict.diagnosis == answer.id
        assert answer.says in verdict.message
        assert verdict.points < verdict.max_points


def test_an_honest_half_is_worth_half() -> None:
    verdict = verdict_on(key(), lambda: HALF)
    assert (verdict.status, verdict.points) == ("partial", 2.0)
    assert "Line 4 is the first that does not follow" in verdict.message


def test_a_jump_from_the_first_line_to_the_last_is_told() -> None:
    verdict = verdict_on(key(), lambda: JUMP)
    assert verdict.status == "partial" and verdict.points == 2.0
    assert "jump" in verdict.message and not verdict.needs_person


def test_a_way_of_its_own_goes_to_a_person_and_keeps_the_points_of_its_ends() -> None:
    verdict = verdict_on(key(), lambda: OWN_WAY)
    assert verdict.needs_person
    assert verdict.points == 2.0
    assert "A person will look" in verdict.message


def test_a_slip_of_syntax_is_answered_by_its_place_and_goes_to_a_person() -> None:
    verdict = verdict_on(key(), lambda: SLIP)
    assert verdict.needs_person and "Line 3 cannot be read. At position" in verdict.message
    assert (verdict.status, verdict.points) == ("invalid", 3.0), "the other lines were judged"


@pytest.mark.parametrize(("text", "status"), [(None, "failed"), ("", "failed"), (3, "invalid"), ("z = ", "invalid")])
def test_what_is_no_derivation_costs_only_itself(text: object, status: str) -> None:
    assert verdict_on(key(), lambda: text).status == status


def test_the_check_shows_each_line_beside_its_typeset_form() -> None:
    task = make_visible_task(Reference(course(), "steps"), NAME)
    message = explain(assess(task, wire.observe(lambda: HALF, task.request())))
    html = message._repr_html_()
    assert r"\frac{\partial L}{\partial z_{j}}" in html
    assert "does not follow" in html and "✔" in html
    assert "does not follow" in str(message)


def test_the_visible_task_holds_no_answer() -> None:
    text = (course().visible / "steps.json").read_text(encoding="utf-8")
    assert "p[j] - ys[j]" not in text


def test_the_same_exercise_can_be_taken_on_paper(tmp_path: Path) -> None:
    place = make_mini_course(tmp_path / "paper", "mini_steps")
    path = place.assignments / "steps" / "exercises.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("kind=DERIVATION,", "kind=DERIVATION,\n    paper=True,"),
        encoding="utf-8",
    )
    build(place)
    release = nbformat.read(place.release_notebook("steps"), 4)
    cell = next(c for c in release.cells if c.metadata.get("nbgrader", {}).get("grade_id") == NAME)
    block = cell.metadata.nbgrader
    assert (cell.cell_type, block.grade, block.solution, block.points) == ("markdown", True, True, 4.0)
    assert not any("check(" in c.source for c in release.cells)
    assert "p[j] - ys[j]" not in str(release)
    source = place.source_notebook("steps").read_text(encoding="utf-8")
    assert "the chain rule with its sum" in source and "p[j] - ys[j]" in source
    assert differences(place, made(place, ["steps"])) == []
    with pytest.raises(CourseError, match="on paper"):
        adopt(place, "steps")


@pytest.mark.slow
def test_a_submission_is_graded_and_its_gradebook_asks_for_a_person() -> None:
    place = course()
    for student, text in {"half": HALF, "own": OWN_WAY, "right": key().right}.items():
        notebook = nbformat.read(place.release_notebook("steps"), 4)
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == NAME:
                cell.source = f'{NAME} = """{text}"""'
        folder = place.submitted / student / "steps"
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / "steps.ipynb")
    result = grade(place, ["steps"], limits=Limits(cell_seconds=10))
    assert result.failures == []
    records: dict[str, Record] = {record.student_id: record for record in result.records}
    assert {name: record.points for name, record in records.items()} == {"half": 2.0, "own": 2.0, "right": 4.0}
    assert records["own"].verdicts[0].needs_person
    executed = place.record("half", "steps").read_text(encoding="utf-8")
    assert "does not follow" in executed


def test_an_answer_is_written_as_a_student_types_it() -> None:
    source = key().exercise.misconceptions[0].source
    assert source is not None and source.startswith(f'{NAME} = """\nd(L, z[j])\n= ')


@pytest.mark.slow
def test_staff_see_the_lines_of_a_derivation(tmp_path: Path) -> None:
    place = make_mini_course(tmp_path / "explained", "mini_steps")
    notebook = nbformat.read(place.release_notebook("steps"), 4)
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == NAME)
    cell.source = f'{NAME} = """{HALF}"""'
    folder = place.submitted / "ada" / "steps"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "steps.ipynb")
    grade(place, ["steps"], limits=Limits(cell_seconds=10))
    text = explain_verdict(place, "ada", NAME)
    assert "The lines, each compared with the one above it" in text
    assert "4 ✘ = p[j] * ys[j]" in text and "no such case" not in text
    assert "the chain rule with its sum: right, the derivatives worked out: not right" in " ".join(text.split())
