"""The gradient doctor: its backward pass, its mistakes, its words, its picture, its controls."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from mlp_utils.explorers.doctor import mistakes as doctor_mistakes
from mlp_utils.explorers.doctor import model as doctor_model
from mlp_utils.explorers.doctor.mistakes import GROUPS, MISTAKES, Mistake
from mlp_utils.explorers.doctor.model import ARRAYS, BACKWARD, FORWARD, STEPS, Pass, Signature
from mlp_utils.explorers.doctor.state import (
    SIZES,
    DoctorState,
    evaluate,
)
from mlp_utils.explorers.doctor.words import describe, where_to_look
from mlp_utils.gradients.gradcheck import check_gradient

from .doctor_states import IDS, states

LAYER_1 = {"dW1", "db1", "dX"}


BIASES = {"db2", "db1"}


LESS_THAN_ALL = {
    "bias_mean": BIASES,
    "mask_missing": LAYER_1,
    "relu_for_slope": LAYER_1,
    "mask_from_upstream": LAYER_1,
    "mask_inverted": LAYER_1,
    "z1_for_a1": {"dW2"},
    "dw2_transposed": {"dW2"},
    "w2_not_transposed": LAYER_1,
    "bias_axis": BIASES,
    "bias_keepdims": BIASES,
    "sum_lost": {"dW1"},
    "update_first": LAYER_1,
    "relu_in_place": LAYER_1,
}


WRONG = {each.id: LESS_THAN_ALL.get(each.id, set(ARRAYS)) for each in MISTAKES}


each_mistake = pytest.mark.parametrize("mistake", MISTAKES, ids=IDS)


def at(mistake: str, **settings: Any) -> Signature:
    return DoctorState(**settings).signature_of(mistake)


def a_pass(state: DoctorState) -> Pass:
    """A finished right pass on the batch of a state."""
    v = state.problem.batch(slice(0, state.samples), state.epsilon, state.rate)
    doctor_model.gradients(v)
    return v


def independent_loss(parameters: dict[str, Any], y: np.ndarray, epsilon: float) -> Any:
    """J from its definition, sample by sample, in a form that complex steps can follow."""
    total = 0.0
    for x, label in zip(parameters["X"], y, strict=True):
        z1 = x @ parameters["W1"] + parameters["b1"]
        z2 = np.where(z1.real > 0, z1, 0) @ parameters["W2"] + parameters["b2"]
        logs = z2 - np.log(np.sum(np.exp(z2)))
        ys = np.full(logs.size, epsilon / logs.size)
        ys[label] += 1 - epsilon
        total = total - np.sum(ys * logs)
    return total / len(y)


@settings(max_examples=40, deadline=None)
@given(states())
def test_the_right_pass_agrees_with_numerical_gradients(state: DoctorState) -> None:
    W1, b1, W2, b2 = state.problem.weights
    v = a_pass(state)
    parameters = {"W2": W2, "b2": b2, "W1": W1, "b1": b1, "X": v.X}
    right = evaluate(state).right
    grads = {name.removeprefix("d"): g for name, g in right.items()}
    # Not small ones only: an array that is 0 up to the tolerance would pass with any numbers.
    assert np.linalg.norm(right["dW2"]) + np.linalg.norm(right["db2"]) > 1e-4
    checked = check_gradient(lambda p: independent_loss(p, v.y, state.epsilon), parameters, grads)
    assert checked.ok, str(checked)


@settings(max_examples=40, deadline=None)
@given(states())
def test_the_loss_is_that_of_the_definition(state: DoctorState) -> None:
    W1, b1, W2, b2 = state.problem.weights
    X, y = state.problem.X, state.problem.y
    want = independent_loss({"X": X, "W1": W1, "b1": b1, "W2": W2, "b2": b2}, y, state.epsilon)
    assert doctor_model.loss(state.problem.weights, X, y, state.epsilon) == pytest.approx(want, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(states())
def test_the_first_batch_stays_away_from_the_kink_and_nothing_can_be_overwritten(state: DoctorState) -> None:
    assert np.abs(a_pass(state).Z1).min() > 0.05
    made = state.problem
    assert made.X.shape == (60, state.inputs)
    assert sorted(set(made.y.tolist())) == list(range(state.classes))
    assert made.batches.shape == (STEPS, state.samples)
    assert not any(a.flags.writeable for a in (made.X, made.y, *made.weights, made.batches))


def test_there_is_a_network_for_every_seed() -> None:
    """Units near the kink are refused; that must come to an end, and leave no sample far from the others."""
    for inputs, hidden, classes, seed in itertools.product((1, 6), (2, 8), (2, 6), range(100)):
        made = doctor_model.problem(SIZES["samples"][1], inputs, hidden, classes, seed)
        assert np.abs(made.X).max() < 12


def test_the_list_of_mistakes_is_in_order() -> None:
    assert len(set(IDS)) == len(MISTAKES) == len({each.title for each in MISTAKES})
    assert [group for group, _ in itertools.groupby(MISTAKES, lambda each: each.group)] == list(GROUPS)
    for each in MISTAKES:
        assert set(each.change.lines) <= {*FORWARD, *BACKWARD}
        assert all(text.endswith(".") for text in (each.sees, each.hides))


@pytest.mark.parametrize("seed", range(12))
@each_mistake
def test_which_arrays_are_wrong(mistake: Mistake, seed: int) -> None:
    wrong = set(at(mistake.id, seed=seed).wrong)
    # Seeds with dead units or positive logits may hide a mistake, wholly or in part; the first seed hides nothing.
    assert wrong == WRONG[mistake.id] if seed == 0 else wrong <= WRONG[mistake.id]


@settings(max_examples=60, deadline=None)
@given(states())
def test_no_mistake_ever_spoils_an_array_that_it_should_leave_right(state: DoctorState) -> None:
    for each in MISTAKES:
        assert set(state.signature_of(each.id).wrong) <= WRONG[each.id], each.id


@settings(max_examples=60, deadline=None)
@given(states())
def test_the_mistakes_of_scale_have_the_ratio_that_is_said_of_them(state: DoctorState) -> None:
    n, c = state.samples, state.classes
    ratios = {"mean_missing": n, "mean_twice": 1 / n, "mean_over_entries": 1 / c, "wrong_sign": -1, "not_reset": 2}
    for name, ratio in ratios.items():
        for finding in state.signature_of(name).findings:
            if finding.want.any():
                assert finding.ratio == pytest.approx(ratio, rel=1e-12)
                assert finding.cosine == pytest.approx(math.copysign(1, ratio), rel=1e-12)
                assert finding.error == pytest.approx(abs(ratio - 1) / (abs(ratio) + 1), abs=1e-12)
    biases = state.signature_of("bias_mean")
    for name in ("db2", "db1"):
        if biases[name].want.any():
            assert biases[name].ratio == pytest.approx(1 / n, rel=1e-12)
            assert biases[name].cosine == pytest.approx(1, rel=1e-12)


def test_the_figures_of_the_network_with_sizes_6_4_5_3() -> None:
    """Ratio and cosine of each array at the start; None where there are none. They record this network."""
    recorded = {
        "softmax_twice": "1.114/0.918 1.015/0.865 1.511/0.967 1.402/0.966 1.363/0.919",
        "softmax_axis": "1.095/0.911 1.028/0.597 1.256/0.897 1.384/0.893 1.514/0.729",
        "extra_slope": "0.235/1.000 0.237/0.998 0.235/1.000 0.232/1.000 0.230/0.997",
        "diagonal_only": "0.523/0.655 0.566/0.460 1.178/0.859 1.150/0.840 0.890/0.692",
        "smoothing_in_loss_only": "1.132/0.998 1.114/0.996 1.194/0.999 1.176/0.999 1.169/0.997",
        "smoothing_constant": "0.934/0.999 0.943/0.999 0.903/0.999 0.912/0.999 0.915/0.999",
        "label_columns": "0.011/0.008 2.028/0.694 1.297/0.702 1.541/0.827 1.061/0.556",
        "output_mask": "1.003/1.000 1.054/0.999 1.009/0.999 1.015/0.999 1.009/0.998",
        "mask_missing": "1.000/1.000 1.000/1.000 1.313/0.854 1.481/0.902 1.183/0.733",
        "relu_for_slope": "1.000/1.000 1.000/1.000 1.583/0.884 1.372/0.868 0.955/0.814",
        "mask_from_upstream": "1.000/1.000 1.000/1.000 0.568/0.470 0.563/0.421 1.078/0.625",
        "mask_inverted": "1.000/1.000 1.000/1.000 0.313/0.365 0.481/0.562 0.183/0.164",
        "z1_for_a1": "1.443/0.819 1.000/1.000 1.000/1.000 1.000/1.000 1.000/1.000",
        "dw2_transposed": "nan/nan 1.000/1.000 1.000/1.000 1.000/1.000 1.000/1.000",
        "bias_axis": "1.000/1.000 nan/nan 1.000/1.000 nan/nan 1.000/1.000",
        "sum_lost": "1.000/1.000 1.000/1.000 0.009/0.056 1.000/1.000 1.000/1.000",
        "update_first": "1.000/1.000 1.000/1.000 1.214/0.973 1.234/0.977 1.037/0.912",
        "cache_changed": "1.351/0.713 1.194/0.461 2.622/0.878 2.399/0.856 1.786/0.691",
        "stale_cache": "-0.394/-0.530 0.580/0.846 0.173/0.222 0.344/0.734 0.195/0.157",
    }
    for name, figures in recorded.items():
        findings = at(name).findings
        assert " ".join(f"{f.ratio:.3f}/{f.cosine:.3f}" for f in findings) == figures, name


def test_one_sample_hides_what_is_lost_in_a_mean_or_a_sum() -> None:
    for seed in range(10):
        for name in ("mean_missing", "mean_twice", "bias_mean", "label_columns", "sum_lost"):
            assert at(name, samples=1, seed=seed).wrong == (), name
            assert at(name, samples=6).wrong != (), name


def test_without_smoothing_its_mistakes_are_hidden() -> None:
    for name in ("smoothing_in_loss_only", "smoothing_constant"):
        assert at(name, epsilon=0.0).wrong == ()
        errors = [at(name, epsilon=epsilon)["dW2"].error for epsilon in (0.01, 0.1, 0.5)]
        assert errors == sorted(errors)
        assert 0.01 < errors[1] < 0.1


def test_a_square_network_hides_the_shapes_and_not_the_numbers() -> None:
    square = {"samples": 3, "inputs": 3, "hidden": 3, "classes": 3}
    for name in ("dw2_transposed", "w2_not_transposed", "bias_axis"):
        found = at(name, **square)
        assert not found.trouble
        assert all(finding.same_shape for finding in found.findings)
        assert set(found.wrong) == WRONG[name]
        state = DoctorState(mistake=name, **square)
        assert evaluate(state).training.stopped == ""
        assert evaluate(DoctorState(mistake=name)).training.stopped == "ValueError"
    transposed = at("dw2_transposed", **square)["dW2"]
    np.testing.assert_array_equal(transposed.got, transposed.want.T)
    product = at("w2_not_transposed")
    assert product.trouble.startswith("ValueError at dA1: matmul")
    assert [finding.got is None for finding in product.findings] == [False, False, True, True, True]
    assert [at("bias_axis")[name].got.shape for name in ("db2", "db1")] == [(6,), (6,)]  # type: ignore[union-attr]


@settings(max_examples=60, deadline=None)
@given(states())
def test_what_is_said_of_the_sums_of_db2_holds(state: DoctorState) -> None:
    def total(name: str) -> float:
        got = state.signature_of(name)["db2"].got
        assert got is not None
        return float(got.sum())

    assert abs(evaluate(state).right["db2"].sum()) < 1e-14
    assert abs(total("softmax_twice")) < 1e-14
    assert abs(total("smoothing_constant")) < 1e-14
    assert total("softmax_axis") == pytest.approx(state.classes / state.samples - 1, abs=1e-13)
    assert total("diagonal_only") < -1e-6
    labels = len(set(a_pass(state).y.tolist()))
    assert total("label_columns") == pytest.approx((1 - labels) * (1 - state.epsilon), abs=1e-13)


@settings(max_examples=60, deadline=None)
@given(states())
def test_what_is_said_of_single_mistakes_holds(state: DoctorState) -> None:
    v = a_pass(state)

    def lines_of(name: str) -> Any:
        return doctor_mistakes.mistake(name).change.lines

    assert np.all(np.abs(lines_of("extra_slope")["dZ2"](v)) <= np.abs(v.dZ2) / 4 + 1e-18)
    assert np.all(lines_of("diagonal_only")["dZ2"](v) <= 0)
    assert np.all(state.signature_of("mask_from_upstream")["db1"].got >= 0)  # type: ignore[operator]
    always_on = (v.Z1 > 0).all(axis=0)
    inverted = state.signature_of("mask_inverted")["db1"].got
    assert inverted is not None
    assert not inverted[always_on].any()
    np.testing.assert_allclose(lines_of("relu_for_slope")["dZ1"](v), v.dZ1 * v.A1, rtol=1e-15)
    assert state.signature_of("relu_in_place").same_as(state.signature_of("mask_missing"))
    for name in ("db2", "db1"):
        kept = state.signature_of("bias_keepdims")[name]
        np.testing.assert_array_equal(kept.got, kept.want[np.newaxis])
    if state.samples == state.classes:
        assert state.signature_of("mean_over_entries").same_as(state.signature_of("mean_twice"))
    if (v.Z1 > 0).all():
        assert not any(state.signature_of(name).wrong for name in ("mask_missing", "z1_for_a1", "relu_in_place"))
    if (v.Z1 < 0).all():
        assert state.signature_of("relu_for_slope").wrong == ()
    if (v.Z2 > 0).all():
        assert state.signature_of("output_mask").wrong == ()


def test_mistakes_of_state_make_no_harm_at_the_first_call() -> None:
    for name in ("cache_changed", "stale_cache", "not_reset"):
        change = doctor_mistakes.mistake(name).change
        assert change.calls != "once"
        first = dataclasses.replace(change, calls="once")
        state = DoctorState()
        assert doctor_model.signature(state.problem, first, 6, 0.1, 0.5).wrong == ()
        assert state.signature_of(name).wrong == ARRAYS


def test_an_early_update_is_the_worse_the_larger_the_learning_rate() -> None:
    errors = [at("update_first", rate=rate)["dX"].error for rate in (0.01, 0.1, 0.5)]
    assert errors == sorted(errors)
    assert errors[0] < 0.02 < 0.1 < errors[-1]


def in_namespace(code: str, v: Pass) -> dict[str, Any]:
    """Run a line of code as a student's program would, on copies of the variables of a pass."""
    names = {name: np.array(value) for name, value in vars(v).items() if isinstance(value, np.ndarray)}
    names |= {"N": v.N, "C": v.C, "Y": v.Y, "epsilon": v.epsilon, "rate": v.rate, "np": np}
    names |= {"softmax": doctor_model.softmax, "relu": lambda z: np.maximum(z, 0)}
    exec(code, names)  # lines of this project's own list
    return names


@pytest.mark.parametrize("mistake", [each for each in MISTAKES if each.change.lines], ids=lambda each: each.id)
def test_the_lines_of_code_that_are_shown_do_what_the_mistake_does(mistake: Mistake) -> None:
    v = a_pass(DoctorState())
    for name, line in mistake.change.lines.items():
        right = (FORWARD | BACKWARD)[name](v)  # type: ignore[operator]
        np.testing.assert_allclose(in_namespace(mistake.right, v)[name], right, rtol=1e-13)
        shown = in_namespace(mistake.wrong, v)[name] if name != "dA1" or mistake.id == "update_first" else None
        if shown is None:  # the shapes do not fit here: try it where they do
            v = a_pass(DoctorState(samples=3, inputs=3, hidden=3, classes=3))
            shown = in_namespace(mistake.wrong, v)[name]
        np.testing.assert_allclose(shown, line(v), rtol=1e-13, atol=1e-16)


def test_the_right_gradient_trains_and_the_mistakes_do_what_is_said() -> None:
    start = evaluate(DoctorState(rate=0.1))
    assert start.right_training.losses.shape == (STEPS + 1,)
    assert start.right_training.losses[-1] < 0.3 * start.right_training.losses[0]
    rising = evaluate(DoctorState(mistake="wrong_sign", rate=0.01)).training.losses
    assert np.all(np.diff(rising[::20]) > 0)  # single batches are not the data set
    for name in ("cache_changed", "bias_keepdims"):
        same = evaluate(DoctorState(mistake=name))
        np.testing.assert_array_equal(same.training.losses, same.right_training.losses)
    for name in ("mean_missing", "mean_twice"):
        hidden = evaluate(DoctorState(mistake=name, samples=1))
        np.testing.assert_array_equal(hidden.training.losses, hidden.right_training.losses)


def test_one_step_of_training_is_a_step_against_the_gradient() -> None:
    state = DoctorState(mistake="mean_missing", samples=4)
    made = state.problem
    for factor, losses in ((1, evaluate(state).right_training.losses), (4, evaluate(state).training.losses)):
        v = Pass(made.X[made.batches[0]], made.y[made.batches[0]], *made.weights, state.epsilon, state.rate)
        g = doctor_model.gradients(v)
        moved = [
            w - state.rate * factor * g[name]
            for w, name in zip(made.weights, ("dW1", "db1", "dW2", "db2"), strict=True)
        ]
        W1, b1, W2, b2 = moved
        want = independent_loss({"X": made.X, "W1": W1, "b1": b1, "W2": W2, "b2": b2}, made.y, state.epsilon)
        assert losses[1] == pytest.approx(want, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(states())
def test_training_ends_with_finite_losses_whatever_is_wrong(state: DoctorState) -> None:
    for training in (evaluate(state).training, evaluate(state).right_training):
        assert np.isfinite(training.losses).all()
        assert (len(training.losses) == STEPS + 1) == (training.stopped == "")


def test_a_curve_that_overflows_is_cut_and_said_so() -> None:
    state = DoctorState(mistake="wrong_sign", rate=5.0)
    assert evaluate(state).training.stopped == "overflow"
    assert "overflows in step" in describe(state)


def test_the_same_state_gives_the_same_numbers() -> None:
    one = doctor_model.train(DoctorState().problem, doctor_model.NOTHING, 0.1, 0.5)
    doctor_model.problem.cache_clear()
    two = doctor_model.train(DoctorState().problem, doctor_model.NOTHING, 0.1, 0.5)
    np.testing.assert_array_equal(one.losses, two.losses)


def test_where_to_look() -> None:
    layer_1 = ["mask_missing", "relu_for_slope", "mask_from_upstream", "mask_inverted", "update_first", "relu_in_place"]
    places = {
        "scalar": ["mean_missing", "mean_twice", "mean_over_entries", "wrong_sign", "not_reset"],
        "reduction over the samples": ["bias_mean"],
        "between dZ2 and dZ1": layer_1,
        "no other array is computed from it": ["z1_for_a1", "sum_lost"],
        "wrong shape": ["dw2_transposed", "bias_axis", "bias_keepdims"],
        "stops with a ValueError": ["w2_not_transposed"],
    }
    named = set(itertools.chain(*places.values()))
    places["dZ2 itself"] = [name for name in IDS if name not in named]
    said = {"scalar": "look for a number or a sign in dZ2"}
    state = DoctorState()
    for place, names in places.items():
        for name in names:
            assert said.get(place, place) in where_to_look(state, state.signature_of(name)), name
    assert "the same ratio 6.000, which is N, with" in where_to_look(state, state.signature_of("mean_missing"))
    assert "the same ratio 0.333, which is 1/C, with" in where_to_look(state, state.signature_of("mean_over_entries"))
    square = DoctorState(samples=3)
    assert "which is 1/N or 1/C, with" in where_to_look(square, square.signature_of("mean_twice"))
    one = DoctorState(samples=1)
    assert "Every array is right" in where_to_look(one, one.signature_of("mean_missing"))
