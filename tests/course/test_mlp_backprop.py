"""What 04_mlp_backprop promises in words, and the numbers of the source material of its exercises."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.gradients.differences import central_difference
from mlp_utils.in_notebooks.recorded import _recorded

from autograder.authoring.drawing import level, network
from autograder.files.notebooks import EXPERIMENT, tags

from .conftest import reference, verdict_of

ASSIGNMENT = "04_mlp_backprop"


def solved(name: str):
    return reference(ASSIGNMENT).namespace[name]


verdict_on = functools.partial(verdict_of, ASSIGNMENT)


def recorded(name: str) -> np.ndarray:
    return np.asarray(wire.decode(_recorded()[name]))


# --- the published exercise --------------------------------------------------------------------------------------

X, Y, EPSILON, ETA = np.array([[0.0, 2.0]]), np.array([0]), 0.3, 0.1
PARAMETERS = [
    np.array([[-5.0, 2, 2], [-5, 2, -1]]),
    np.array([-3.0, -2, -3]),
    np.array([[3.0, -4, 1], [-2, -4, -2], [-4, -2, 3]]),
    np.array([4.0, 5, 5]),
]


def published() -> tuple[tuple[np.ndarray, ...], list[np.ndarray]]:
    """The cache and the gradients in the order of the parameters, by the reference solutions."""
    cache = solved("mlp_forward")(X, *PARAMETERS)
    _, dW2, db2, _, _, dW1, db1, _ = solved("mlp_backward")(X, Y, *PARAMETERS, EPSILON, cache)
    return cache, [dW1, db1, dW2, db2]


def test_the_published_forward_pass() -> None:
    Z1, A1, logits, P = published()[0]
    assert (Z1[0].tolist(), A1[0].tolist(), logits[0].tolist()) == ([-13, 2, -5], [0, 2, 0], [0, -3, 1])
    np.testing.assert_allclose(P[0], [0.265388, 0.013213, 0.721399], atol=5e-7)


def test_the_published_smoothed_label_and_loss() -> None:
    _, _, logits, P = published()[0]
    J, dlogits = solved("loss_layer")(logits, P, Y, EPSILON)
    np.testing.assert_allclose(P[0] - dlogits[0], [0.8, 0.1, 0.1], atol=1e-15)
    assert pytest.approx(1.526563, abs=5e-7) == J


def test_the_published_gradients() -> None:
    dW1, db1, dW2, db2 = published()[1]
    np.testing.assert_allclose(dW2[1], [-1.069224, -0.173574, 1.242798], atol=5e-7)
    assert not np.delete(dW2, 1, axis=0).any()
    np.testing.assert_allclose(db2, [-0.534612, -0.086787, 0.621399], atol=5e-7)
    np.testing.assert_allclose(dW1, [[0, 0, 0], [0, 0.347148, 0]], atol=5e-7)
    np.testing.assert_allclose(db1, [0, 0.173574, 0], atol=5e-7)


def test_the_published_gradients_agree_with_central_differences() -> None:
    for k, gradient in enumerate(published()[1]):

        def loss(at: np.ndarray, k: int = k) -> float:
            moved = [at if j == k else p for j, p in enumerate(PARAMETERS)]
            return float(solved("mlp_risk")(X, Y, *moved, EPSILON))

        np.testing.assert_allclose(gradient, central_difference(loss, PARAMETERS[k]), atol=1e-9)


def test_the_published_step() -> None:
    W1, b1, W2, b2 = (p - ETA * g for p, g in zip(PARAMETERS, published()[1], strict=True))
    np.testing.assert_allclose(W2, [[3, -4, 1], [-1.893078, -3.982643, -2.124280], [-4, -2, 3]], atol=5e-7)
    np.testing.assert_allclose(b2, [4.053461, 5.008679, 4.937860], atol=5e-7)
    np.testing.assert_allclose(W1, [[-5, 2, 2], [-5, 1.965285, -1]], atol=5e-7)
    np.testing.assert_allclose(b1, [-3, -2.017357, -3], atol=5e-7)
    assert solved("mlp_risk")(X, Y, W1, b1, W2, b2, EPSILON) == pytest.approx(1.216954, abs=5e-7)


def test_the_28_numbers_are_those_of_the_functions() -> None:
    cache, gradients = published()
    new = [p - ETA * g for p, g in zip(PARAMETERS, gradients, strict=True)]
    numbers = [*cache[2][0], *cache[3][0], solved("mlp_risk")(X, Y, *PARAMETERS, EPSILON)]
    for dW1, db1, dW2, db2 in (gradients, new):
        numbers += [*dW2[1], *db2, dW1[1, 1], *db1]
    numbers.append(solved("mlp_risk")(X, Y, *new, EPSILON))
    np.testing.assert_allclose(solved("one_step"), numbers, atol=1e-8)


def test_the_digit_0_3472_is_twice_a_rounded_number() -> None:
    entry = published()[1][0][1, 1]
    assert round(2 * round(entry / 2, 4), 4) == 0.3472
    assert round(entry, 4) == 0.3471
    numbers = [0.3472 if abs(v - entry) < 1e-6 else v for v in solved("one_step")]
    verdict = verdict_on("one_step", numbers)
    assert (verdict.points, verdict.diagnosis) == (0.5, "rounded_factors")  # the gradients lose theirs


def test_a_bias_with_an_input_gives_two_wrong_values() -> None:
    """The formula with the factor x_r: 0 for the first input, 0.3471 for the second, and 0.1736 is right."""
    right = published()[1][1][1]
    assert right == pytest.approx(0.173574, abs=5e-7)
    assert (right * X[0]).round(4).tolist() == [0.0, 0.3471]


def test_a_restated_derivative_is_no_waypoint() -> None:
    """The first line with something idle beside it, and then the end."""
    first, end = "d(L, W1[r, p])", "= (W2 @ g)[p] * (z[p] > 0) * x[r]"
    for line in (f"1 * {first}", f"{first} * 3 / 3", f"{first} * (z[p] > 0)", f"{first} / 2 + {first} / 2"):
        assert verdict_on("first_weight_steps", f"{first}\n= {line}\n{end}").points == 1, line


def test_the_formula_for_one_weight_of_the_first_layer() -> None:
    """(sum_s g_s w_2ps) f(h_p) x_r for each r and p."""
    (Z1, _, _, P), (dW1, *_) = published()
    g = P[0] - [0.8, 0.1, 0.1]
    for r, p in np.ndindex(2, 3):
        assert dW1[r, p] == pytest.approx(sum(g * PARAMETERS[2][p]) * (Z1[0, p] > 0) * X[0, r])


# --- integers ----------------------------------------------------------------------------------------------------


def test_an_array_of_integers_does_not_move_up_and_moves_down_by_one() -> None:
    b = np.array([1, 2, 3])
    b[0] += 1e-5
    assert b.tolist() == [1, 2, 3]
    b[0] -= 1e-5
    assert b.tolist() == [0, 2, 3]
    with pytest.raises(TypeError, match="Cannot cast"):
        b -= 0.1 * np.ones(3)


BACKWARD = ("sample_output_backward", "sample_hidden_backward", "hidden_backward", "mlp_backward", "loop_backward")


@pytest.mark.parametrize("name", ["mlp_forward", *BACKWARD])
def test_integers_are_among_the_cases(name: str) -> None:
    kinds = {c.name for c in reference(ASSIGNMENT).key(name, 3).task.cases}
    assert any("integers" in kind for kind in kinds)


# --- the cases ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"equal": True}, {"N": 1}, {"N": 10}, {"whole_numbers": True}])
def test_a_network_shows_the_usual_mistakes(options: dict[str, int]) -> None:
    for seed in range(30):
        net = network(np.random.default_rng(seed), **options)
        N, d, H, C = *net.X.shape, *net.W2.shape
        assert len({N, d, H, C}) == (1 if options.get("equal") else 4)
        assert min(d, H, C) >= 2 and (N >= 2 or options.get("N") == 1)
        assert np.abs(net.Z1).min() >= 0.05
        assert (net.Z1 <= 0).all(axis=0).any() and (net.Z1 > 0).any(axis=1).all()
        assert np.abs(net.b1).min() > 0 < np.abs(net.b2).min()
        assert not np.array_equal(net.Z1 > 0, net.X @ net.W1 > 0)


@pytest.mark.parametrize("options", [{}, {"equal": True}, {"N": 1}])
def test_in_a_level_network_every_pre_activation_is_1(options: dict[str, int]) -> None:
    rng = np.random.default_rng(4)
    for _ in range(30):
        net = network(rng, **options)
        easy = level(rng, net)
        np.testing.assert_allclose(easy.Z1, np.ones(net.Z1.shape), atol=1e-12)
        assert (easy.X.shape, easy.W1.shape, easy.b1.shape) == (net.X.shape, net.W1.shape, net.b1.shape)


def test_where_each_z1_is_1_the_direction_of_dx_says_something() -> None:
    """W1 has full rank: in a matrix of rank 1 a wrong factor beside it still gives the right direction."""
    key = reference(ASSIGNMENT).key("sample_hidden_backward", 3)
    easy = [case for case in key.task.cases if case.name.endswith("each z1 is 1")]
    assert {case.part for case in easy} == {"dW1", "db1", "dx"}
    for case in easy:
        da1, x, W1, b1, z1 = case.inputs
        np.testing.assert_allclose(z1, 1, atol=1e-12)
        np.testing.assert_allclose(x @ W1 + b1, z1)
        assert np.linalg.matrix_rank(W1) == min(W1.shape) > 1
        right, wrong = W1 @ da1, W1.sum(axis=1) * da1.sum()
        assert abs(right @ wrong) < 0.9999 * np.linalg.norm(right) * np.linalg.norm(wrong)


MASKS = ("mask_missing", "relu_for_its_slope", "mask_of_the_upstream", "sign_for_the_mask", "masked_in_place")
IN_A_BATCH = ("relu_of_the_upstream", "mask_of_whole_units", "mask_of_the_first_sample")


@pytest.mark.parametrize(
    ("name", "mistakes", "lost"),
    [
        ("sample_hidden_backward", MASKS, ["dz1", "with dead units"]),
        ("sample_hidden_backward", ("da1_in_the_first_layer",), ["with dead units"]),
        ("sample_hidden_backward", ("dw1_transposed",), ["dW1", "with dead units"]),
        ("hidden_backward", (*MASKS, *IN_A_BATCH), ["dZ1", "with dead units"]),
        ("hidden_backward", ("da1_in_the_rest",), ["with dead units"]),
        ("hidden_backward", ("db1_is_a_mean",), ["db1", "with dead units"]),
    ],
)
def test_a_wrong_mask_costs_nothing_that_can_be_judged_without_it(
    name: str, mistakes: tuple[str, ...], lost: list[str]
) -> None:
    key = reference(ASSIGNMENT).key(name, 3)
    for answer in (a for a in key.exercise.misconceptions if a.id in mistakes):
        verdict = verdict_on(name, answer.build(key.exercise.answer, key.right, key.namespace))
        assert [part for part, passed in verdict.detail["parts"].items() if not passed] == lost, answer.id
    assert set(mistakes) <= {a.id for a in key.exercise.misconceptions}


def test_every_cache_is_made_by_the_courses_forward_pass() -> None:
    for seed in range(10):
        net = network(np.random.default_rng(seed))
        for mine, theirs in zip(net.cache, solved("mlp_forward")(net.X, *net.parameters), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        for case in reference(ASSIGNMENT).key("mlp_backward", seed).task.cases:
            X, _, W1, b1, W2, b2, _, cache = case.inputs
            for mine, theirs in zip(cache, solved("mlp_forward")(X, W1, b1, W2, b2), strict=True):
                np.testing.assert_array_equal(mine, theirs)


def test_the_reference_derivatives_are_verified() -> None:
    exercises = reference(ASSIGNMENT).exercises
    verified = {name: [wrt for loss, wrt in e.derivatives() if loss] for name, e in exercises.items() if e.loss}
    assert verified == {
        "loss_layer": ["logits"],
        "sample_output_backward": ["W2", "b2", "a1"],
        "sample_hidden_backward": ["z1", "W1", "b1", "x"],
        "hidden_backward": ["Z1", "W1", "b1", "X"],
        "mlp_backward": ["W2", "b2", "W1", "b1", "X"],
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_gradients_by_hidden_results_agree_with_central_differences(seed: int) -> None:
    """Those that the exercises' declared losses do not reach: dlogits, dA1 and dZ1, of a batch and of a sample."""
    net = network(np.random.default_rng(seed))
    dlogits, _, _, dA1, dZ1, *_ = solved("mlp_backward")(net.X, net.y, *net.parameters, net.epsilon, net.cache)

    def risk(logits: np.ndarray) -> float:
        return float(solved("risk_of_logits")(logits, net.y, net.epsilon))

    def of_a(A1: np.ndarray) -> float:
        return risk(A1 @ net.W2 + net.b2)

    np.testing.assert_allclose(dlogits, central_difference(risk, net.logits), atol=1e-9)
    np.testing.assert_allclose(dA1, central_difference(of_a, net.A1), atol=1e-9)
    np.testing.assert_allclose(dZ1, central_difference(lambda Z1: of_a(np.maximum(Z1, 0)), net.Z1), atol=1e-9)
    da1 = solved("sample_output_backward")(dlogits[0], net.A1[0], net.W2)[2]
    dz1 = solved("sample_hidden_backward")(da1, net.X[0], net.W1, net.b1, net.Z1[0])[0]
    np.testing.assert_allclose(da1, dA1[0])
    np.testing.assert_allclose(dz1, dZ1[0])


# --- where a mistake lies ----------------------------------------------------------------------------------------


def misconceptions(exercise: str, *names: str) -> list[str]:
    return [f"{exercise}:{name}" for name in names]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        *((m, "between dA1 and dZ1") for m in misconceptions("mlp_backward", "mask_missing", "relu_for_its_slope")),
        *((m, "between dlogits and dA1") for m in misconceptions("mlp_backward", "w2_updated_first")),
        *((m, "look at dlogits first") for m in misconceptions("mlp_backward", "mean_forgotten", "single_product")),
        *((m, "Only the biases") for m in misconceptions("mlp_backward", "biases_are_means")),
        *((m, "Only the weights") for m in misconceptions("mlp_backward", "weights_divided_again")),
        *((m, "dW2 alone") for m in misconceptions("mlp_backward", "z1_in_dw2")),
        *((m, "a later line writes into dA1") for m in misconceptions("mlp_backward", "masked_in_place")),
        *((m, "product with W2") for m in misconceptions("sample_output_backward", "w2_updated_first")),
        *((m, "between da1 and dz1") for m in misconceptions("sample_hidden_backward", "inverted_mask")),
        *((m, "dz1 is right") for m in misconceptions("sample_hidden_backward", "da1_in_the_first_layer")),
        *((m, "dZ1 is right") for m in misconceptions("hidden_backward", "da1_in_the_rest")),
    ],
)
def test_a_message_says_where_to_look(where: str, says: str) -> None:
    exercise, name = where.split(":")
    key = reference(ASSIGNMENT).key(exercise, 3)
    answer = next(a for a in key.exercise.misconceptions if a.id == name)
    verdict = verdict_on(exercise, answer.build(key.exercise.answer, key.right, key.namespace))
    assert verdict.diagnosis == name
    assert says in verdict.message


# --- what the experiments say ------------------------------------------------------------------------------------


def test_the_rectifier_in_place_leaves_one_mask_by_luck() -> None:
    Z1 = recorded("example_z1")
    assert (Z1.shape, np.sum(Z1 > 0), np.abs(Z1).min() > 0.05) == ((10, 5), 21, True)
    np.maximum(Z1, 0, out=Z1)
    assert (np.sum(Z1 > 0), np.sum(Z1 >= 0)) == (21, 50)


def test_a_stale_cache_ends_high_and_an_early_step_looks_right() -> None:
    right, stale, early = recorded("three_descents")
    assert (np.diff(right) < 0).all()
    assert np.abs(stale - right)[:11].max() < 0.5 < 4 < stale[-1] - right[-1]
    assert 0 < early[-1] - right[-1] < 0.01
    np.testing.assert_array_equal(recorded("first_picture"), right)


def test_ten_samples_by_a_loop_and_by_matrices() -> None:
    for K in (1, 10):
        X, y, *parameters = solved("example")(K)
        loop = solved("loop_gradients")(X, y, *parameters)
        matrices = solved("matrix_gradients")(X, y, *parameters)
        for mine, theirs in zip(loop, matrices, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-15)
    assert recorded("evidence").shape == (2, 3, 43)
    assert recorded("evidence_errors").max() < 1e-8


def test_what_a_ratio_lets_pass_an_error_finds() -> None:
    found = dict(zip("ABCDE", recorded("five_claims"), strict=True))
    ratio_alarm = {k for k, (ratios, _) in found.items() if np.abs(ratios - 1).max() > 0.01}
    error_alarm = {k for k, (_, errors) in found.items() if errors.max() > 1e-7}
    assert (ratio_alarm, error_alarm) == (set("ABE"), set("ABCDE"))
    np.testing.assert_allclose(found["A"][0], 10, rtol=1e-6)
    np.testing.assert_allclose(found["B"][0], -1, rtol=1e-6)
    assert (found["E"][1] > 1e-3).tolist() == [True, True, False, False]


def test_a_kink_spoils_the_first_layer_alone() -> None:
    away, at = recorded("at_a_kink")
    assert away.max() < 1e-8
    assert (at > 1e-4).tolist() == [True, True, False, False]


def test_forgotten_smoothing_is_a_small_mistake_in_nearly_the_right_direction() -> None:
    right, unsmoothed = recorded("two_gradients")
    assert 0.05 < np.linalg.norm(unsmoothed - right) / np.linalg.norm(right) < 0.1


def test_a_weight_learns_only_from_an_active_unit_and_an_input() -> None:
    dW1, dW2 = wire.decode(_recorded()["sparse_gradients"])
    assert (np.count_nonzero(dW1), np.count_nonzero(dW2)) == (1, 3)


def test_experiments_use_recorded_names_only() -> None:
    import re

    cells = reference(ASSIGNMENT).assignment.release.cells
    used = {n for c in cells if EXPERIMENT in tags(c) for n in re.findall(r'yours_or_recorded\(\s*"(\w+)"', c.source)}
    assert used == set(reference(ASSIGNMENT).recorded)
