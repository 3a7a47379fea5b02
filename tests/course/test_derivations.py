"""What every derivation of the course promises: ways, waypoints, false lines by name."""

from __future__ import annotations

import re

import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess
from mlp_utils.derivations.reader import read_chain
from mlp_utils.derivations.steps import typed_lines
from mlp_utils.in_notebooks.checks import _hint_text, explain, status_of

from autograder.building.visible import make_visible_task
from autograder.files.notebooks import find_cell, is_test
from autograder.judging.key import Key

from .conftest import COURSE, reference, verdict_of
from .derivations import all_derivations, exercise_of, lines_in, text_of

Pair = tuple[str, str]
every_derivation = pytest.mark.parametrize("pair", all_derivations(), ids=lambda pair: pair[1])


def key_of(pair: Pair) -> Key:
    return reference(pair[0]).key(pair[1], 1)


def visible_outcome(pair: Pair, text: str) -> Outcome:
    task = make_visible_task(reference(pair[0]), pair[1])
    return assess(task, wire.observe(lambda: text, task.request()))


def template(pair: Pair) -> str:
    names: dict[str, str] = {}
    exec(reference(pair[0]).assignment.release_cell(pair[1]).source, names)
    return names[pair[1]]


def joined(lines: list[str]) -> str:
    return "\n= ".join(lines)


def test_there_are_derivations_in_three_assignments_and_at_most_two_in_each() -> None:
    counts = {a: sum(pair[0] == a for pair in all_derivations()) for a in COURSE.assignment_ids()}
    assert max(counts.values()) <= 2
    assert sum(count > 0 for count in counts.values()) >= 3


@every_derivation
def test_a_derivation_has_at_most_eight_lines_and_ways_of_other_lengths(pair: Pair) -> None:
    answers = exercise_of(pair).accepted_answers
    lengths = [len(typed_lines(text_of(answer))) for answer in answers]
    solution = len(typed_lines(key_of(pair).right))
    assert len(answers) >= 4
    assert solution <= 8 and max(lengths) <= 8
    assert min(lengths) <= solution - 2 and len(set(lengths)) >= 3
    assert any("np." in text_of(answer) for answer in answers), "NumPy's spelling is known"


@every_derivation
def test_at_least_six_false_lines_are_known(pair: Pair) -> None:
    assert len(exercise_of(pair).misconceptions) >= 6


@every_derivation
def test_a_false_line_is_named_whatever_stands_before_it(pair: Pair) -> None:
    """After the first line alone, after all right lines but the last, and written with an idle factor."""
    key = key_of(pair)
    right = lines_in(key.right)
    for answer in key.exercise.misconceptions:
        marked = key.outcome_of(answer).marked
        assert marked is not None and marked.checked.first_false is not None
        false = marked.checked.first_false.text.removeprefix("=").strip()
        texts = [joined([right[0], false]), joined([*right[:-1], false])]
        if marked.checked.first_false.meant:
            texts.append(joined([right[0], right[1], f"({false}) * 3 / 3"]))
        for text in texts:
            verdict = verdict_of(*pair, text)
            assert verdict.diagnosis == answer.id, text
            assert answer.hint in verdict.message
            assert verdict.points < verdict.max_points


@every_derivation
def test_no_false_line_stands_in_a_right_derivation(pair: Pair) -> None:
    exercise = exercise_of(pair)
    right = {node for answer in exercise.accepted_answers for line in lines_in(text_of(answer)) for node in read(line)}
    for answer in exercise.misconceptions:
        false = key_of(pair).outcome_of(answer).marked.checked.first_false
        assert false.node not in right


def read(line: str) -> list[object]:
    return list(read_chain(line))


@every_derivation
def test_a_jump_from_the_first_line_to_the_last_loses_half(pair: Pair) -> None:
    right = lines_in(key_of(pair).right)
    verdict = verdict_of(*pair, joined([right[0], right[-1]]))
    assert verdict.points == verdict.max_points / 2
    assert "jump" in verdict.message


@every_derivation
def test_a_repeated_first_line_is_worth_nothing(pair: Pair) -> None:
    first = lines_in(key_of(pair).right)[0]
    assert verdict_of(*pair, joined([first, first, first])).points == 0


@every_derivation
def test_an_honest_half_is_worth_about_half(pair: Pair) -> None:
    """The solution until its middle, and then a line that is false."""
    right = lines_in(key_of(pair).right)
    verdict = verdict_of(*pair, joined([*right[:2], f"2 * ({right[-1]})"]))
    assert 0.4 <= verdict.points / verdict.max_points <= 0.75
    assert "does not follow" in verdict.message and not verdict.needs_person


@every_derivation
def test_a_slip_of_syntax_keeps_what_stands_above_it_and_goes_to_a_person(pair: Pair) -> None:
    right = lines_in(key_of(pair).right)
    verdict = verdict_of(*pair, joined([*right[:-1], right[-1] + " +"]))
    assert verdict.needs_person and verdict.points >= verdict.max_points / 2
    assert "cannot be read. At position" in verdict.message


@every_derivation
def test_a_line_that_cannot_be_read_leaves_its_points_open(pair: Pair) -> None:
    """The visible check says so, reads all lines at once and judges the others."""
    right = lines_in(key_of(pair).right)
    outcome = visible_outcome(pair, joined([right[0], right[1] + " +", *right[2:-1], right[-1] + " ("]))
    message = explain(outcome)
    assert status_of(outcome) == "invalid"
    assert "could not be read" in str(message) and "a person reads it after you hand in" in str(message)
    assert f"Lines 2 and {len(right)} cannot be read" in message.headline
    states = [line.state for line in message.table.lines]
    assert states.count("unread") == 2 and states.count("true") == len(right) - 3
    one = visible_outcome(pair, joined([right[0], right[1] + " +", *right[2:]]))
    assert status_of(one) in ("invalid", "passed") and one.points >= 0.75 * one.task.points


@every_derivation
def test_a_template_that_is_partly_filled_shows_what_follows(pair: Pair) -> None:
    given, right = lines_in(template(pair)), lines_in(key_of(pair).right)
    for k in range(1, len(given) if len(given) > 2 else 1):
        outcome = visible_outcome(pair, joined([*given[:k], right[k], *given[k + 1 :]]))
        assert status_of(outcome) == "partial" and outcome.points > 0
        assert [line.number for line in explain(outcome).table.lines if line.state == "true"] == [k + 1]


@every_derivation
def test_a_false_line_is_named_before_a_gap_and_costs_no_more_than_leaving_it_out(pair: Pair) -> None:
    right = lines_in(key_of(pair).right)
    for k in range(1, len(right) - 1):
        false = visible_outcome(pair, joined([*right[:k], f"2 * ({right[k]})", *right[k + 1 :]]))
        without = visible_outcome(pair, joined([*right[:k], *right[k + 1 :]]))
        assert false.points == without.points
        assert explain(false).headline.startswith(f"Line {k + 1} is the first that does not follow")
    text = joined([right[0], f"2 * ({right[1]})", "..."])
    assert explain(visible_outcome(pair, text)).headline.startswith("Line 2 is the first that does not follow")


@every_derivation
def test_a_hint_names_a_rule_and_never_a_line(pair: Pair) -> None:
    key = key_of(pair)
    task = make_visible_task(reference(pair[0]), pair[1])
    right = [line for answer in [key.right, *map(text_of, key.exercise.accepted_answers)] for line in lines_in(answer)]
    texts = [text_of(answer) for answer in key.exercise.misconceptions]
    texts += [joined(lines_in(key.right)[:k]) for k in range(1, len(lines_in(key.right)))]
    for text in texts:
        outcome = visible_outcome(pair, text)
        said = _hint_text(outcome)
        assert said != explain(outcome).headline and len(said) > 30
        assert not any(line in said for line in right if line not in key.exercise.route.start), said
    for name, form in key.exercise.route.waypoints.items():
        assert form.hint, f"{name} has no hint"
    assert task.derivation["route"]["start"] == list(key.exercise.route.start)


@every_derivation
def test_no_template_holds_the_end_of_another_derivation(pair: Pair) -> None:
    assignment = reference(pair[0]).assignment.release
    end = "".join(lines_in(key_of(pair).right)[-1].split())
    for cell in assignment.cells:
        assert end not in "".join(cell.source.split()), f"the end of {pair[1]} stands in a released cell"


@every_derivation
def test_a_given_definition_may_be_put_into_the_first_line(pair: Pair) -> None:
    key = key_of(pair)
    right = lines_in(key.right)
    for name, formula in key.exercise.setting.definitions.items():
        first = re.sub(rf"\b{name}\b", f"({formula})", right[0].partition(", ")[0])
        outcome = visible_outcome(pair, joined([f"{first}, {right[0].partition(', ')[2]}", *right[1:]]))
        assert outcome.passed, first


@every_derivation
def test_the_released_template_names_its_gap_and_is_no_attempt(pair: Pair) -> None:
    text = template(pair)
    task = make_visible_task(reference(pair[0]), pair[1])
    outcome = assess(task, wire.observe(lambda: text, task.request()))
    assert status_of(outcome) == "not_attempted" and outcome.points == 0
    assert re.search(r"Line 2 has a gap\. At position \d+: put a formula in place of the gap", str(explain(outcome)))
    assert not verdict_of(*pair, text).needs_person


@every_derivation
def test_the_template_becomes_the_solution(pair: Pair) -> None:
    """What is given stands in the solution as it is, and nothing else has to be changed to get there."""
    given, right = lines_in(template(pair)), lines_in(key_of(pair).right)
    assert given[0] == right[0]
    if len(given) > 2:
        for line, full in zip(given, right, strict=True):
            pattern = ".+".join(re.escape(piece) for piece in line.split("..."))
            assert re.fullmatch(pattern, full), line


@every_derivation
def test_the_text_says_letters_start_end_and_what_a_slip_costs(pair: Pair) -> None:
    cells = reference(pair[0]).assignment.release.cells
    solution = find_cell(reference(pair[0]).assignment.release, pair[1])
    text = next(cell.source for cell in reversed(cells[: cells.index(solution)]) if cell.cell_type == "markdown")
    exercise = exercise_of(pair)
    for word in ("*Letter", "*Start:*", "*End:*", "on paper first", "slip of syntax costs nothing", "line"):
        assert word.lower() in text.lower(), word
    for name in (*exercise.setting.letters, *exercise.setting.definitions):
        assert f"`{name}`" in text or f"`{name} = " in text, name
    assert all(f"`{start}`" in text for start in exercise.route.start)
    assert all(name in text.replace("\n  ", " ") for name in exercise.route.ways[0])
    assert any(is_test(cell) for cell in cells[cells.index(solution) :][:2])
