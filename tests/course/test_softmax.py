"""What 02_softmax promises in words, and the numbers of the papers that its exercises come from.

The papers hold wrong formulas too.  Each of them stands here with the number that it gives and with the right one.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.gradients.differences import central_difference, complex_step
from mlp_utils.in_notebooks.recorded import _recorded

from autograder.authoring.drawing import labels

from .conftest import reference, verdict_of

ASSIGNMENT = "02_softmax"

# A homework: three classes, the right one is the first, smoothing 0.3.
Z = np.array([0.0, -3.0, 1.0])
EPSILON = 0.3
P = np.array([0.265388, 0.013213, 0.721399])
YS = np.array([0.8, 0.1, 0.1])


def solved(name: str) -> Callable[..., np.ndarray]:
    return reference(ASSIGNMENT).namespace[name]


verdict_on = functools.partial(verdict_of, ASSIGNMENT)


def recorded(name: str) -> np.ndarray:
    return np.asarray(wire.decode(_recorded()[name]))


# --- the homework ------------------------------------------------------------------------------------------------


def test_the_probabilities_of_the_homework() -> None:
    assert np.round(solved("softmax")(Z), 6).tolist() == P.tolist()
    assert np.round(solved("softmax")(Z), 4).tolist() == [0.2654, 0.0132, 0.7214]


def test_the_smoothed_labels_of_the_homework() -> None:
    assert solved("smooth_labels")(np.array([0]), 3, EPSILON) == pytest.approx(YS[None])


def test_the_loss_of_the_homework() -> None:
    loss = solved("smoothed_loss")(solved("softmax")(Z), YS)
    assert loss == pytest.approx(1.526563, abs=5e-7)
    assert loss == pytest.approx(1.5266, abs=5e-5)
    assert solved("smoothed_risk")(Z[None], np.array([0]), EPSILON) == pytest.approx(loss, abs=1e-14)


def test_the_derivative_with_respect_to_a_probability_has_no_sum() -> None:
    p = solved("softmax")(Z)
    gradient = solved("probability_gradient")(p, YS)
    assert gradient[0] == pytest.approx(-3.0145, abs=5e-5)
    assert np.sum(gradient) == pytest.approx(-10.7214, abs=5e-5)  # the sum that was kept by mistake
    assert gradient == pytest.approx(central_difference(lambda at: solved("smoothed_loss")(at, YS), p, 1e-6), abs=1e-6)


def test_the_gradient_of_the_homework() -> None:
    gradient = solved("smoothed_gradient")(Z[None], np.array([0]), EPSILON)[0]
    assert np.round(gradient, 6).tolist() == [-0.534612, -0.086787, 0.621399]
    assert np.round(gradient, 4).tolist() == [-0.5346, -0.0868, 0.6214]
    assert gradient == pytest.approx(solved("softmax")(Z) - YS)


def test_the_derivative_of_softmax_has_two_cases() -> None:
    p = solved("softmax")(Z)
    jacobian = solved("softmax_jacobian")(p)
    for i in range(3):
        for j in range(3):
            assert jacobian[i, j] == pytest.approx(p[i] * (1 - p[i]) if i == j else -p[i] * p[j], abs=1e-15)


def test_the_chain_rule_needs_the_sum_over_all_probabilities() -> None:
    """With the sum: p_j - y_j.  One product alone, as it is printed, gives -y_j (1 - p_j)."""
    softmax = solved("softmax")
    p, y = softmax(Z), np.array([1.0, 0.0, 0.0])
    upstream, local = -y / p, solved("softmax_jacobian")(p)
    measured = complex_step(lambda z: -np.log(softmax(z)[0]), Z)
    assert upstream @ local == pytest.approx(measured, abs=1e-14)
    assert solved("softmax_gradient")(p, 0) == pytest.approx(measured, abs=1e-14)
    single = upstream * np.diag(local)
    assert single == pytest.approx(-y * (1 - p))
    assert np.round(single, 6).tolist() == [-0.734612, 0.0, 0.0]
    assert abs(single.sum()) > 0.7  # a gradient's entries sum to 0


def test_the_smoothed_gradient_by_the_full_sum() -> None:
    p = solved("softmax")(Z)
    full = solved("probability_gradient")(p, YS) @ solved("softmax_jacobian")(p)
    assert full == pytest.approx(p - YS, abs=1e-14)
    assert full == pytest.approx(p - (1 - EPSILON) * np.array([1, 0, 0]) - EPSILON / 3, abs=1e-14)


# --- softmax and its loss ----------------------------------------------------------------------------------------


def test_probabilities_are_positive_and_sum_to_one() -> None:
    logits = np.random.default_rng(1).normal(size=(50, 7), scale=5)
    p = solved("softmax")(logits)
    assert (p > 0).all()
    assert p.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-14)


def test_a_shift_changes_nothing() -> None:
    softmax = solved("softmax")
    for shift in (5.0, -3.0, 1000.0, -1000.0):
        assert softmax(Z + shift) == pytest.approx(softmax(Z), abs=1e-12)


def test_a_denominator_that_uses_the_free_index_gives_ones() -> None:
    """Σ_k e^(z_k) with k already taken: each weight is divided by itself."""
    free = np.array([np.exp(Z[k]) / np.exp(Z[k]) for k in range(3)])
    assert free.tolist() == [1.0, 1.0, 1.0]
    verdict = verdict_on("softmax", lambda logits: np.ones(np.shape(logits)))
    assert verdict.diagnosis == "free_index_in_the_sum"


def test_logits_near_a_thousand() -> None:
    z = np.array([1000.0, 1001.0, 999.0])
    with np.errstate(all="ignore"):
        assert np.isnan(np.exp(z) / np.exp(z).sum()).all()
    assert np.round(solved("softmax")(z), 4).tolist() == [0.2447, 0.6652, 0.0900]


def test_a_gap_of_800() -> None:
    logits, y = np.array([[0.0, 800.0]]), np.array([0])
    with np.errstate(all="ignore"):
        assert np.log(solved("softmax")(logits))[0, 0] == -np.inf
    assert solved("cross_entropy")(logits, y)[0].tolist() == [800.0]


def test_the_loss_from_logits_is_minus_the_logarithm_of_the_right_probability() -> None:
    losses, risk = solved("cross_entropy")(np.stack([Z, Z + 2]), np.array([0, 2]))
    assert losses == pytest.approx(-np.log([P[0], P[2]]), abs=2e-6)
    assert losses[0] == pytest.approx(-Z[0] + np.log(np.sum(np.exp(Z))))
    assert risk == pytest.approx(losses.mean())
    assert losses[0] == pytest.approx(1.3266, abs=5e-5)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_a_uniform_prediction_has_the_loss_ln_c_and_the_gradient_one_over_c_minus_the_labels(
    classes: int, epsilon: float
) -> None:
    logits, y = np.full((4, classes), 7.0), np.array([0, 1, 1, 0])
    assert solved("smoothed_risk")(logits, y, epsilon) == pytest.approx(np.log(classes), abs=1e-13)
    wanted = (1 / classes - solved("smooth_labels")(y, classes, epsilon)) / 4
    assert solved("smoothed_gradient")(logits, y, epsilon) == pytest.approx(wanted, abs=1e-15)


# --- the Jacobian ------------------------------------------------------------------------------------------------


def test_the_jacobian_agrees_with_complex_steps() -> None:
    softmax, z = solved("softmax"), np.array([0.3, -1.0, 2.0, 0.4])
    measured = np.stack([complex_step(lambda at, i=i: softmax(at)[i], z) for i in range(4)])
    assert solved("softmax_jacobian")(softmax(z)) == pytest.approx(measured, abs=1e-15)


def test_the_jacobian_is_symmetric_and_the_vector_of_ones_is_its_only_null_vector() -> None:
    jacobian = solved("softmax_jacobian")(solved("softmax")(np.array([0.3, -1.0, 2.0, 0.4])))
    assert np.array_equal(jacobian, jacobian.T)
    assert jacobian @ np.ones(4) == pytest.approx(np.zeros(4), abs=1e-15)
    assert np.linalg.matrix_rank(jacobian) == 3


def test_the_diagonal_alone_gets_its_part_and_is_named() -> None:
    verdict = verdict_on("softmax_jacobian", lambda p: np.diag(p * (1 - p)))
    assert (verdict.status, verdict.points, verdict.diagnosis) == ("partial", 1, "diagonal_only")


# --- the batch ---------------------------------------------------------------------------------------------------


def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(6, 4)), labels(rng, 6, 4)


def test_rows_of_the_gradient_sum_to_zero_and_it_is_that_of_the_mean() -> None:
    logits, y = batch()
    gradient = solved("smoothed_gradient")(logits, y, 0.1)
    assert gradient.sum(axis=1) == pytest.approx(np.zeros(6), abs=1e-16)
    measured = complex_step(lambda at: solved("smoothed_risk")(at, y, 0.1), logits)
    assert gradient == pytest.approx(measured, abs=1e-15)


def test_subtracting_from_columns_of_all_rows_spoils_the_row_sums() -> None:
    logits, y = batch()
    wrong = solved("softmax")(logits)
    wrong[:, y] -= 1
    assert wrong.sum(axis=1) == pytest.approx(np.full(6, 1.0 - len(set(y))))


def test_labels_are_unbalanced_and_a_class_is_missing() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n, c = (int(k) for k in rng.choice(np.arange(3, 8), size=2, replace=False))
        y = labels(rng, n, c)
        counts = np.bincount(y, minlength=c)
        assert y.shape == (n,) and len(counts) == c
        assert 0 in counts and counts[0] > 0 and counts[-1] > 0
        assert counts.max() >= 2


# --- what the exercises promise ----------------------------------------------------------------------------------


def test_a_softmax_that_warns_passes() -> None:
    def answer(logits):
        warnings.warn("exp may overflow", RuntimeWarning, stacklevel=2)
        logits = np.asarray(logits, dtype=float)
        return 1 / np.sum(np.exp(logits[..., None, :] - logits[..., :, None]), axis=-1)

    assert (verdict_on("softmax", answer).status, verdict_on("softmax", answer).points) == ("passed", 3)


def test_the_first_program_that_comes_to_mind_gets_one_point_and_both_mistakes_are_named() -> None:
    def answer(logits):
        return np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)

    verdict = verdict_on("softmax", answer)
    assert (verdict.status, verdict.points) == ("partial", 1)
    assert set(verdict.detail["diagnoses"]) == {"axis_one", "no_shift"}


def test_a_softmax_whose_denominator_has_a_tiny_number_more_is_not_punished() -> None:
    """The total is at least 1 after the shift, so 1e-12 more changes nothing that can be seen."""

    def answer(logits):
        e = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
        return e / (e.sum(axis=-1, keepdims=True) + 1e-12)

    assert verdict_on("softmax", answer).status == "passed"


@pytest.mark.parametrize("tiny", [1e-7, 1e-8, 1e-10, 1e-12, 1e-15])
@pytest.mark.parametrize("way", ["added", "clipped"])
def test_a_treated_probability_never_passes(tiny: float, way: str) -> None:
    def answer(logits, y):
        p = solved("softmax")(logits)[np.arange(len(y)), y]
        losses = -np.log(p + tiny if way == "added" else np.clip(p, tiny, 1))
        return losses, losses.mean()

    for seed in range(30):
        verdict = verdict_on("cross_entropy", answer, seed)
        assert verdict.status != "passed"
        assert verdict.diagnosis == f"{way}_1e_{-int(np.round(np.log10(tiny)))}"


def test_a_logarithm_of_softmax_loses_the_large_logits_only() -> None:
    def answer(logits, y):
        losses = -np.log(solved("softmax")(logits)[np.arange(len(y)), y])
        return losses, losses.mean()

    verdict = verdict_on("cross_entropy", answer)
    assert (verdict.points, verdict.diagnosis) == (2, "logarithm_of_softmax")


def test_labels_that_are_smoothed_in_the_loss_only_get_one_part() -> None:
    def answer(logits, y, epsilon):
        return (solved("softmax")(logits) - np.eye(logits.shape[1])[y]) / len(y)

    verdict = verdict_on("smoothed_gradient", answer)
    assert (verdict.status, verdict.points, verdict.diagnosis) == ("partial", 1, "smoothed_in_the_loss_only")


def test_logits_may_be_integers_and_stay_as_they_are() -> None:
    logits, y = np.array([[1, 2, 4], [0, -3, 1]]), np.array([2, 0])
    before = logits.copy()
    assert solved("softmax")(logits)[1] == pytest.approx(P, abs=5e-7)
    assert solved("cross_entropy")(logits, y)[0][1] == pytest.approx(1.326563, abs=5e-7)
    solved("smoothed_gradient")(logits, y, 0.2)
    assert np.array_equal(logits, before)


# --- what the experiments show and the text says -----------------------------------------------------------------


def test_a_probability_becomes_exactly_zero_at_a_gap_of_800_and_not_at_700() -> None:
    larger, smaller = recorded("softmax_of_gaps").T
    assert (smaller == 0).tolist() == [False, False, False, True]
    assert (larger == 1).tolist() == [False, True, True, True]


def test_one_sample_far_out_decides_the_risk() -> None:
    assert recorded("risk_with_an_outlier") == pytest.approx([250.8240, 1.0986], abs=5e-5)


def test_the_diagonal_alone_has_a_relative_error_of_0_3() -> None:
    right, diagonal = recorded("jacobian_errors")
    assert right < 1e-14
    assert diagonal == pytest.approx(0.3, abs=0.02)


def test_row_sums_see_one_of_four_mistakes_and_a_loose_tolerance_lets_two_pass() -> None:
    sums, errors = recorded("tests_of_claims").T
    assert (sums > 1e-12).tolist() == [False, False, False, False, True]
    assert (errors < 0.1).tolist() == [True, False, True, False, True]
    assert errors[0] < 1e-15


def test_smoothing_raises_a_wrong_class_with_a_small_probability() -> None:
    plain, smoothed = recorded("explorer_gradients")
    assert np.flatnonzero(plain < 0).tolist() == [0]
    assert np.flatnonzero(smoothed < 0).tolist() == [0, 2]


def test_the_mended_statements_of_the_clinic_agree_with_the_recordings() -> None:
    def mended(z):
        p = np.zeros(len(z))
        for k in range(len(z)):
            total = 0.0
            for j in range(len(z)):
                total += np.exp(z[j])
            p[k] = np.exp(z[k]) / total
        return p

    assert mended(Z) == pytest.approx(recorded("clinic_softmax"))
    assert P - np.array([1.0, 0.0, 0.0]) == pytest.approx(recorded("clinic_gradient"))
    false_gradient = np.array([-0.734612, 0.0, 0.0])  # these two numbers stand in the clinic
    assert -np.array([1.0, 0.0, 0.0]) * (1 - P) == pytest.approx(false_gradient)
    assert -np.sum(YS / P) == pytest.approx(-10.7214, abs=5e-5)
    scores = np.full((3, 4), 10.0)
    scores[np.arange(3), [2, 0, 2]] -= 5
    assert scores.sum(axis=1).tolist() == [35.0, 35.0, 35.0]
