"""The gradient doctor: mysteries, words, picture and controls."""

from __future__ import annotations

import base64
import dataclasses
import io
import itertools
import math
import re
from typing import Any

import mlp_utils
import numpy as np
import pytest
from hypothesis import assume, given, settings
from mlp_utils import explorers, plotting
from mlp_utils.explorers.doctor import picture as doctor_picture
from mlp_utils.explorers.doctor import words as doctor_words
from mlp_utils.explorers.doctor.mistakes import GROUPS
from mlp_utils.explorers.doctor.model import ARRAYS, Signature
from mlp_utils.explorers.doctor.state import (
    EPSILON_RANGE,
    MYSTERIES,
    SIZES,
    DoctorState,
    evaluate,
    hidden_mistake,
)
from mlp_utils.explorers.doctor.view import DoctorExplorer
from mlp_utils.explorers.doctor.words import describe, diagnosis, misfit, notes, readout_html
from PIL import Image

from .doctor_states import IDS, states

pytestmark = pytest.mark.slow


def check_misfit(sentence: str, guess: Signature, hidden: Signature) -> None:
    """What the sentence says of the two signatures is so."""
    if found := re.fullmatch(r"It leaves (\w+) right, and here (\w+) is wrong\.", sentence):
        assert found[1] == found[2]
        assert guess[found[1]].right
        assert not hidden[found[1]].right
    elif found := re.fullmatch(r"It makes (\w+) wrong, and here (\w+) is right\.", sentence):
        assert not guess[found[1]].right
        assert hidden[found[2]].right
    elif found := re.fullmatch(r"It gives (\w+) the (ratio|cosine) (\S+); here it is (\S+)\.", sentence):
        for signature, number in ((guess, found[3]), (hidden, found[4])):
            assert doctor_words.decimals(getattr(signature[found[1]], found[2])) == number
        assert found[3] != found[4]
    elif found := re.fullmatch(r"It gives (\w+) the shape (\(.*\)); here it is (\(.*\))\.", sentence):
        for signature, shape in ((guess, found[2]), (hidden, found[3])):
            got = signature[found[1]].got
            assert got is not None
            assert str(got.shape) == shape
    elif "entries of" in sentence:
        name = re.findall(r"the entries of (\w+) are not the same", sentence)[0]
        assert not np.allclose(guess[name].got, hidden[name].got, rtol=1e-9)  # type: ignore[arg-type]
    elif sentence == "It raises a ValueError at these sizes, and here no line does.":
        assert guess.trouble
        assert not hidden.trouble
    else:
        assert sentence == "Here a ValueError is raised; it raises no ValueError at these sizes."
        assert hidden.trouble
        assert not guess.trouble


@settings(max_examples=8, deadline=None)
@given(states())
def test_why_a_diagnosis_does_not_fit_is_true_for_every_pair(state: DoctorState) -> None:
    found = {name: state.signature_of(name) for name in IDS}
    for guess, hidden in itertools.product(IDS, IDS):
        sentence = misfit(found[hidden], found[guess])
        assert (sentence == "") == found[guess].same_as(found[hidden])
        if sentence:
            check_misfit(sentence, found[guess], found[hidden])


def mystery_of(mistake_id: str, **settings: Any) -> DoctorState:
    number = next(k for k in range(1, MYSTERIES + 1) if hidden_mistake(k).id == mistake_id)
    return DoctorState(mystery=number, **settings)


def test_a_diagnosis_is_refused_with_a_reason_or_accepted() -> None:
    state = mystery_of("z1_for_a1")
    assert not state.named
    assert diagnosis(state).startswith("Which mistake gives these arrays?")
    assert not any("Where to look" in note for note in notes(state))
    wrong = dataclasses.replace(state, guess="mask_missing")
    assert diagnosis(wrong) == "Not “mask left out”: it leaves dW2 right, and here dW2 is wrong."
    assert notes(wrong)[0].startswith("Where to look: only dW2 is wrong")
    right = dataclasses.replace(state, guess="z1_for_a1")
    assert right.solved
    assert diagnosis(right) == "Your diagnosis is right: “Z1 for A1 in dW2” explains every number."
    shown = dataclasses.replace(state, given_up=True)
    assert diagnosis(shown) == "The answer: “Z1 for A1 in dW2” (group hidden layer)."
    assert diagnosis(DoctorState()) == ""


def test_a_diagnosis_that_cannot_be_told_from_the_hidden_mistake_is_accepted() -> None:
    state = mystery_of("relu_in_place", guess="mask_missing")
    assert state.solved
    assert diagnosis(state).startswith("Your diagnosis, “mask left out”, explains every number.")
    assert "nobody can tell the two apart at these settings" in diagnosis(state)
    assert any("it cannot be told from “mask left out”" in note for note in notes(state))


def test_a_mystery_that_the_settings_hide_says_so_before_any_guess() -> None:
    state = mystery_of("mean_twice", samples=1)
    assert notes(state)[0].startswith("Where to look: every array is right at these settings")
    assert dataclasses.replace(state, guess="mean_missing").solved
    assert not dataclasses.replace(state, guess="mean_missing", samples=2).solved


def test_each_mistake_is_one_mystery_and_none_is_named_before_it_is_solved() -> None:
    assert sorted(hidden_mistake(k).id for k in range(1, MYSTERIES + 1)) == sorted(IDS)
    for k in range(1, MYSTERIES + 1):
        hidden = hidden_mistake(k)
        state = DoctorState(mystery=k)
        for text in (describe(state), readout_html(state), diagnosis(state), " ".join(notes(state))):
            assert hidden.title not in text
            assert hidden.sees[1:] not in text
            assert hidden.wrong not in text
        assert f"Mystery {k};" in describe(state)
        solved = dataclasses.replace(state, guess=hidden.id)
        assert hidden.title in describe(solved)
        assert solved.solved


@settings(max_examples=30, deadline=None)
@given(states())
def test_the_text_alternative_and_the_readout_have_the_numbers_of_the_picture(state: DoctorState) -> None:
    found, text, table = evaluate(state).signature, describe(state), readout_html(state)
    assert table.count("<tr>") == len(ARRAYS) + 1
    for finding in found.findings:
        said = doctor_words.verdict(finding)
        assert re.search(rf"{finding.name} [^;.]*{said}", text)
        assert f">{said}<" in table
        if said == "wrong":
            for number in (finding.ratio, finding.cosine):
                assert doctor_words.decimals(number) in text
                assert f">{doctor_words.decimals(number)}<" in table
    if found.trouble:
        assert found.trouble.split(":")[0] in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(6.0, "6.000"), (-1.0, "−1.000"), (-1e-17, "0.000"), (math.nan, "—"), (1234.5, "1234"), (-0.0006, "−0.001")],
)
def test_a_number_in_three_decimals(value: float, text: str) -> None:
    assert doctor_words.decimals(value) == text


EXTREMES = [
    DoctorState(mistake=name, samples=n, inputs=d, hidden=h, classes=c, rate=rate)
    for name, (n, d, h, c), rate in itertools.product(
        IDS[::3], ((1, 1, 2, 2), (12, 6, 8, 6), (12, 1, 8, 2), (3, 3, 3, 3)), (0.01, 5.0)
    )
]


def test_no_text_of_the_picture_lies_outside_of_it_or_across_its_middle() -> None:
    for state in EXTREMES[::5]:
        figure = doctor_picture.doctor_picture(state)
        canvas: Any = figure.canvas
        canvas.draw()
        width, height = canvas.get_width_height()
        arrays, curves = figure.axes
        boxes = [(0, text.get_window_extent()) for text in arrays.texts]
        boxes += [(1, curves.get_tightbbox(canvas.get_renderer()))]
        boxes += [(int(text.get_position()[0] > 0.5), text.get_window_extent()) for text in figure.texts]
        for half, box in boxes:
            assert box is not None
            assert half * width / 2 <= box.x0 <= box.x1 <= (half + 1) * width / 2, state
            assert 0 <= box.y0 <= box.y1 <= height, state


def test_no_two_texts_of_the_picture_touch() -> None:
    for state in EXTREMES[::5]:
        figure = doctor_picture.doctor_picture(state)
        canvas: Any = figure.canvas
        canvas.draw()
        texts = [text for text in (*figure.axes[0].texts, *figure.texts) if text.get_text()]
        boxes = {text.get_text() + str(text.get_position()): text.get_window_extent() for text in texts}
        touching = [(a, b) for a, b in itertools.combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]
        assert touching == [], state


def test_every_cell_and_every_wrong_entry_is_drawn() -> None:
    for state in EXTREMES[::5]:
        found = evaluate(state).signature
        cells, marks = doctor_picture.doctor_picture(state).axes[0].collections
        sizes = [f.want.size + (0 if f.got is None else f.got.size) for f in found.findings]
        assert len(cells.get_paths()) == sum(sizes)
        assert len(marks.get_paths()) == sum(int(f.wrong_entries().sum()) for f in found.findings)
        lowest = max(path.vertices[:, 1].max() for path in cells.get_paths())  # type: ignore[index]
        assert lowest <= 492


def test_the_columns_side_by_side_are_the_picture() -> None:
    picture = doctor_picture.draw_doctor(DoctorState())
    whole, left, right = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (picture.png, *picture.columns)
    )
    np.testing.assert_array_equal(np.concatenate([left, right], axis=1), whole)


def explorer(**start: Any) -> DoctorExplorer:
    return DoctorExplorer(DoctorState(**start), live=False)


def seen(live: DoctorExplorer) -> tuple[str, str, str]:
    return live.image.value, str(live), live.readout.value


def test_moving_a_control_changes_the_picture_its_text_and_the_readout() -> None:
    live = explorer()
    moves = {"group": "output layer", "mistake": "softmax_axis", "samples": 7, "inputs": 3, "hidden": 6}
    for control, value in {**moves, "classes": 4, "epsilon": 0.2, "rate": 1.0, "seed": 5}.items():
        before = seen(live)
        live.controls[control].value = value
        assert all(old != new for old, new in zip(before, seen(live), strict=True)), control
    assert live.state == DoctorState("softmax_axis", 0, "", False, 7, 3, 6, 4, 0.2, 1.0, 5)
    sources = re.findall(r'src="data:image/png;base64,([^"]+)"', live.image.value)
    assert tuple(map(base64.b64decode, sources)) == doctor_picture.draw_doctor(live.state).columns
    assert live.readout.value == readout_html(live.state)


def test_every_mistake_can_be_chosen_and_every_control_has_a_name() -> None:
    live = explorer()
    reached = []
    for group in GROUPS:
        live.controls["group"].value = group
        for _, name in live.controls["mistake"].options:
            live.controls["mistake"].value = name
            assert live.state.shown.id == name
            assert live.state.shown.group == group
            reached.append(name)
    assert reached == IDS
    assert list(live.controls) == ["mode", "group", "mistake", *SIZES, "epsilon", "rate", "seed"]
    for name, control in [*live.controls.items(), *live.buttons.items()]:
        assert control.description, name
        assert control.tooltip, name


def test_the_mystery_is_guessed_solved_and_followed_by_the_next() -> None:
    live = explorer()
    row = live._mystery_part.layout
    assert row.display == "none"
    live.controls["mode"].value = True
    assert row.display is None
    assert live.state == DoctorState(mystery=1)
    hidden = hidden_mistake(1)
    hidden_picture = live.image.value
    live.controls["group"].value = "shapes" if hidden.group != "shapes" else "output layer"
    assert live.image.value == hidden_picture  # choosing alone says nothing
    live.buttons["check"].click()
    assert "Not “" in live.said.value
    live.controls["group"].value = hidden.group
    live.controls["mistake"].value = hidden.id
    assert hidden.wrong not in live.readout.value
    live.buttons["check"].click()
    assert "Your diagnosis is right" in live.said.value
    assert str(live).startswith(f"Gradient doctor, Mystery 1: {hidden.title};")
    live.buttons["next"].click()
    assert live.state.mystery == 2
    assert not live.state.named
    live.buttons["answer"].click()
    assert hidden_mistake(2).title in live.readout.value
    live.controls["mode"].value = False
    assert live.said.value == ""
    assert live.state == DoctorState(mistake=hidden.id)
    live.controls["mode"].value = True
    assert live.state.mystery == 2


def test_the_last_mystery_is_followed_by_the_first() -> None:
    live = explorer(mystery=MYSTERIES)
    live.buttons["next"].click()
    assert live.state.mystery == 1


@settings(max_examples=15, deadline=None)
@given(states())
def test_every_start_is_shown_as_it_is(state: DoctorState) -> None:
    assume(state.epsilon <= EPSILON_RANGE[1])
    assert DoctorExplorer(state, live=False).state == state


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"mistake": "nonsense"}, "mistake must be one of mean_missing, mean_twice"),
        ({"mystery": MYSTERIES + 1}, f"mystery must be a whole number from 0 to {MYSTERIES}, not {MYSTERIES + 1}."),
        ({"samples": 0}, "samples must be a whole number from 1 to 12, not 0."),
        ({"samples": 2.0}, "samples must be a whole number from 1 to 12, not 2.0."),
        ({"inputs": 7}, "inputs must be a whole number from 1 to 6, not 7."),
        ({"hidden": 1}, "hidden must be a whole number from 2 to 8, not 1."),
        ({"classes": True}, "classes must be a whole number from 2 to 6, not True."),
        ({"epsilon": 0.6}, "epsilon must be a number from 0 to 0.5, not 0.6."),
        ({"epsilon": math.nan}, "epsilon must be a number from 0 to 0.5, not nan."),
        ({"rate": 0.3}, "rate must be one of 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, not 0.3."),
        ({"seed": -1}, "seed must be a whole number from 0 to 99, not -1."),
    ],
)
def test_a_state_out_of_range_is_refused_in_one_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        explorers.explore_gradient_doctor(**wrong)
    assert str(caught.value).endswith(".")


def test_without_a_kernel_there_is_a_picture_with_a_text_alternative() -> None:
    shown = mlp_utils.explore_gradient_doctor("mask_missing")
    assert isinstance(shown, plotting.Picture)
    assert shown._repr_png_().startswith(b"\x89PNG\r\n\x1a\n")
    assert "dW1 (d, H) wrong: ratio 1.313, cosine 0.854" in str(shown)
    assert "Where to look: dW2 and db2 are right" in str(shown)
