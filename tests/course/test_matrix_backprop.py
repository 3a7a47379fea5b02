"""What 03_matrix_backprop promises in words, and the numbers of the source material of its exercises.

The source material has wrong numbers too.  Each stands here with the slip that makes it and with the right number.
"""

from __future__ import annotations

import functools
import itertools
import re

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.tasks import DERIVATION
from mlp_utils.gradients.differences import central_difference
from mlp_utils.in_notebooks.recorded import _recorded

from autograder.files.notebooks import find_cell

from .conftest import reference, verdict_of

ASSIGNMENT = "03_matrix_backprop"
CHAIN, X_CHAIN = (0.25, -0.11, 0.78), 0.63


def solved(name: str):
    return reference(ASSIGNMENT).namespace[name]


verdict_on = functools.partial(verdict_of, ASSIGNMENT)


def sigma(z: float) -> float:
    return 1 / (1 + np.exp(-z))


def slope(z: float) -> float:
    return sigma(z) * (1 - sigma(z))


# --- the chain with the cross-entropy ----------------------------------------------------------------------------


def test_the_forward_pass_of_the_chain() -> None:
    cache = solved("chain_forward")(*CHAIN, X_CHAIN)
    assert np.round(cache, 6).tolist() == [0.1575, 0.539294, -0.059322, 0.485174, 0.378436, 0.593496]
    assert solved("chain_loss")(*CHAIN, X_CHAIN, 1) == pytest.approx(0.521725, abs=5e-7)


def test_the_printed_rounded_values_of_the_forward_pass() -> None:
    cache = solved("chain_forward")(*CHAIN, X_CHAIN)
    for value, printed in zip(cache[:5], (0.16, 0.54, -0.059, 0.49, 0.38), strict=True):
        assert value == pytest.approx(printed, abs=5.1e-3)


def test_the_output_0_41_is_the_sigmoid_of_the_other_sign() -> None:
    z3, y = solved("chain_forward")(*CHAIN, X_CHAIN)[4:]
    assert sigma(-z3) == pytest.approx(0.4065, abs=5e-5)
    assert (round(sigma(-z3), 2), round(y, 2)) == (0.41, 0.59)
    # The loss 0.89 comes from it.
    assert -np.log(0.41) == pytest.approx(0.89, abs=5e-3)
    assert solved("chain_loss")(*CHAIN, X_CHAIN, 1) == pytest.approx(0.521725, abs=5e-7)


def test_the_slopes_of_the_cross_entropy() -> None:
    cache = solved("chain_forward")(*CHAIN, X_CHAIN)
    dw1, dw2, dw3 = solved("chain_cross_entropy_gradients")(*CHAIN, X_CHAIN, 1, cache)
    assert dw3 == pytest.approx(-0.197225, abs=5e-7)
    assert dw2 == pytest.approx(-0.042711, abs=5e-7)
    assert dw1 == pytest.approx(0.00136364, abs=5e-9)
    measured = central_difference(lambda w: solved("chain_loss")(*w, X_CHAIN, 1), np.array(CHAIN))
    np.testing.assert_allclose([dw1, dw2, dw3], measured, atol=1e-10)


def test_the_slopes_shrink_from_the_last_weight_to_the_first() -> None:
    """They do not get smaller "from w1, w2 to w3"."""
    cache = solved("chain_forward")(*CHAIN, X_CHAIN)
    small, middle, large = np.abs(solved("chain_cross_entropy_gradients")(*CHAIN, X_CHAIN, 1, cache))
    assert large > middle > small
    assert (large / middle, middle / small) == (pytest.approx(4.6, abs=0.05), pytest.approx(31, abs=0.5))


def test_the_printed_slopes_come_from_the_wrong_output_and_a_lost_factor() -> None:
    upstream = -1 / 0.41
    assert upstream * 0.49 == pytest.approx(-1.195, abs=5e-4)  # the displayed product, without the last slope
    assert upstream * slope(0.38) * 0.49 == pytest.approx(-0.29, abs=5e-3)  # printed
    dw2 = upstream * slope(0.38) * 0.78 * slope(-0.059)
    assert dw2 * 0.54 == pytest.approx(-0.062, abs=1e-3)  # printed
    without = dw2 * -0.11 * 0.63
    assert without == pytest.approx(0.0079, abs=1e-4)  # printed: the slope of the first unit is missing
    assert slope(0.1575) == pytest.approx(0.2485, abs=5e-5)
    assert without * 0.2485 == pytest.approx(0.00197, abs=2e-5)  # with it, and still with the wrong output


def test_the_sign_slip_in_the_slope_of_the_loss_shows_only_away_from_t_1() -> None:
    def right(y: float, t: float) -> float:
        return -t / y + (1 - t) / (1 - y)

    def printed(y: float, t: float) -> float:
        return -t / y + (t - 1) / (1 - y)

    assert right(0.3, 1) == printed(0.3, 1)
    assert right(0.3, 0) == -printed(0.3, 0)

    def answer(w1, w2, w3, x, t, cache):
        _, a1, _, a2, _, y = cache
        dz3 = printed(y, t) * y * (1 - y)
        dz2 = dz3 * w3 * a2 * (1 - a2)
        return dz2 * w2 * a1 * (1 - a1) * x, dz2 * a1, dz3 * a2

    verdict = verdict_on("chain_cross_entropy_gradients", answer)
    assert (verdict.points, verdict.diagnosis) == (0, "sign_in_the_second_term")


# --- the regression chain ----------------------------------------------------------------------------------------


def regression() -> tuple[tuple[float, ...], np.ndarray]:
    cache = solved("chain_forward")(*CHAIN, X_CHAIN)[:5]
    return cache, np.array(solved("chain_squared_gradients")(*CHAIN, X_CHAIN, 128, cache))


def test_the_slopes_of_the_regression() -> None:
    cache, slopes = regression()
    assert cache[4] == pytest.approx(0.378436, abs=5e-7)
    assert solved("chain_squared_loss")(*CHAIN, X_CHAIN, 128) == pytest.approx(16287.2637, abs=5e-5)
    np.testing.assert_allclose(slopes, [0.856228, -26.818351, -123.837271], atol=5e-7)
    measured = central_difference(lambda w: solved("chain_squared_loss")(*w, X_CHAIN, 128), np.array(CHAIN))
    np.testing.assert_allclose(slopes, measured, rtol=1e-6)


def test_the_printed_loss_is_rounded_on_the_way() -> None:
    assert pytest.approx(16286.86, abs=6e-3) == (128 - 0.38) ** 2
    assert abs(16287.25 - solved("chain_squared_loss")(*CHAIN, X_CHAIN, 128)) == pytest.approx(0.0137, abs=5e-5)


def test_each_false_number_of_the_regression_lacks_one_factor() -> None:
    (z1, a1, z2, a2, y), (dw1, dw2, dw3) = regression()
    dy = 2 * (y - 128)
    assert dy == pytest.approx(-255.24, abs=5e-3)  # printed for dw3; it is dL/dy
    assert dy * a2 == pytest.approx(dw3)
    assert a2 == pytest.approx(0.4852, abs=5e-5)
    without_a1 = dy * CHAIN[2] * slope(z2)
    assert without_a1 == pytest.approx(-49.7286, abs=5e-5)
    assert without_a1 * a1 == pytest.approx(dw2)
    without_w2 = without_a1 * slope(z1) * X_CHAIN
    assert without_w2 == pytest.approx(-7.7839, abs=1e-4)
    assert without_w2 * CHAIN[1] == pytest.approx(dw1)
    assert without_w2 * dw1 < 0  # even the sign is wrong


def test_the_printed_products_of_the_regression() -> None:
    """-49.73 is displayed, and the printed -26.88 holds a factor 0.54 that is not displayed."""
    displayed = -255.24 * 0.78 * slope(-0.058)
    assert displayed == pytest.approx(-49.73, abs=2e-2)
    assert displayed * 0.54 == pytest.approx(-26.88, abs=3e-2)
    assert pytest.approx(-26.88, abs=5e-3) == -49.77 * 0.54
    assert -49.77 * -0.11 * slope(-0.16) * 0.63 == pytest.approx(0.8568, abs=5e-4)


def test_one_ratio_for_all_slopes() -> None:
    cache = solved("chain_forward")(*CHAIN, X_CHAIN)
    ratios = regression()[1] / solved("chain_cross_entropy_gradients")(*CHAIN, X_CHAIN, 1, cache)
    np.testing.assert_allclose(ratios, 627.9, atol=5e-3)
    assert ratios[0] == pytest.approx(2 * (0.378436 - 128) / (0.593496 - 1), rel=1e-5)
    np.testing.assert_allclose(_recorded_array("chain_regression_slopes") / _recorded_array("chain_slopes"), ratios)


def _recorded_array(name: str) -> np.ndarray:
    return np.asarray(wire.decode(_recorded()[name]))


def test_a_lost_factor_costs_only_the_slope_that_lacks_it() -> None:
    def answer(w1, w2, w3, x, t, cache):
        _, a1, _, a2, y = cache
        dz2 = 2 * (y - t) * w3 * a2 * (1 - a2)
        return dz2 * a1 * (1 - a1) * x, dz2, 2 * (y - t) * a2

    verdict = verdict_on("chain_squared_gradients", answer)
    assert (verdict.status, verdict.points) == ("partial", 1)
    assert set(verdict.detail["diagnoses"]) == {"a1_missing", "w2_missing"}


# --- Y = W X with numbers ----------------------------------------------------------------------------------------

W = np.array([[0.3, 0.5], [-0.2, 0.4]])
X = np.array([[0.0, 2.0], [3.0, 1.0]])
T = np.array([[0.5, 1.0], [1.0, -1.5]])


def test_one_step_with_the_numbers_of_the_source_material() -> None:
    Y = solved("product")(W, X)
    np.testing.assert_allclose(Y, [[1.5, 1.1], [1.2, 0.0]], atol=1e-15)
    squares = (Y - T) ** 2
    np.testing.assert_allclose(squares, [[1, 0.01], [0.04, 2.25]])
    assert squares.sum() == pytest.approx(3.30)
    np.testing.assert_allclose(Y - T, [[1, 0.1], [0.2, 1.5]])
    np.testing.assert_allclose(X.T, [[0, 3], [2, 1]])
    dW = solved("product_gradients")(2 * (Y - T), W, X)[0]
    np.testing.assert_allclose(dW, [[0.4, 6.2], [6, 4.2]])
    np.testing.assert_allclose(W - 0.1 * dW, [[0.26, -0.12], [-0.8, -0.02]], atol=1e-15)
    after = np.sum(((W - 0.1 * dW) @ X - T) ** 2)
    assert after == pytest.approx(2.2376)
    np.testing.assert_allclose(solved("matrix_step"), [3.30, 0.26, -0.12, -0.8, -0.02, 2.2376], atol=1e-12)


def test_the_entry_1_25_is_wrong_and_the_loss_is_one_number() -> None:
    assert 1.5**2 == 2.25
    wrong = [1 + 0.01 + 0.04 + 1.25, 0.26, -0.12, -0.8, -0.02, 2.2376]
    verdict = verdict_on("matrix_step", wrong)
    assert (verdict.points, verdict.diagnosis) == (0, "square_of_three_halves")
    assert verdict_on("matrix_step", [[1, 0.01], [0.04, 2.25]]).status == "failed"


def test_the_hint_with_equal_terms_would_be_zero() -> None:
    """(y_11 - y_11)² + ... is 0 whatever Y is; the targets must stand in it."""
    Y = W @ X
    assert np.sum((Y - Y) ** 2) == 0 != np.sum((Y - T) ** 2)


@pytest.mark.parametrize("size", [(2, 3, 4), (4, 2, 3), (3, 4, 1)])
def test_the_slope_for_one_weight_has_one_row_of_n_entries(size: tuple[int, int, int]) -> None:
    m, d, n = size
    rng = np.random.default_rng(5)
    W, X, dY = rng.normal(size=(m, d)), rng.normal(size=(d, n)), rng.normal(size=(m, n))
    dW, dX = solved("product_gradients")(dY, W, X)
    for i, j in np.ndindex(m, d):
        D = np.zeros((m, d))
        D[i, j] = 1.0
        local = (W + D) @ X - W @ X
        np.testing.assert_allclose(local[i], X[j], atol=1e-12)  # n entries, not d
        assert not np.delete(local, i, axis=0).any()
        assert dW[i, j] == pytest.approx(np.sum(dY * local))  # a Frobenius inner product, not a matrix product
    measured = central_difference(lambda X: np.sum(dY * (W @ X)), X)
    np.testing.assert_allclose(dX, measured, atol=1e-8)


def test_the_last_row_of_the_product_written_out() -> None:
    """Its second entry begins with w_m1 x_12, and not with w_m1 x_11."""
    rng = np.random.default_rng(6)
    W, X = rng.normal(size=(3, 2)), rng.normal(size=(2, 4))
    right = W[2, 0] * X[0, 1] + W[2, 1] * X[1, 1]
    assert (W @ X)[2, 1] == pytest.approx(right)
    assert (W @ X)[2, 1] != pytest.approx(W[2, 0] * X[0, 0] + W[2, 1] * X[1, 1])


def test_repeated_steps_of_0_1_raise_the_loss_and_of_0_05_do_not() -> None:
    table = _recorded_array("losses_of_steps")
    assert table[0, -1] < 1e-6 < 3.30 < table[1, -1] < table[2, -1]
    assert 2.2376 < table[1, 0] < 3.30


# --- one sample and samples as rows ------------------------------------------------------------------------------


def test_one_sample_in_the_two_column_conventions() -> None:
    """W (m, d_h): the outer product of g and h.  W (n, q): that of a and g.  Other products cannot even be formed."""
    rng = np.random.default_rng(7)
    g, h = rng.normal(size=3), rng.normal(size=4)
    W, b = rng.normal(size=(3, 4)), rng.normal(size=3)
    measured = central_difference(lambda W: g @ (W @ h + b), W)
    np.testing.assert_allclose(np.outer(g, h), measured, atol=1e-9)
    np.testing.assert_allclose(central_difference(lambda V: g @ (V.T @ h + b), W.T.copy()), np.outer(h, g), atol=1e-9)
    np.testing.assert_allclose(central_difference(lambda h: g @ (W @ h + b), h), W.T @ g, atol=1e-9)
    np.testing.assert_allclose(central_difference(lambda b: g @ (W @ h + b), b), g, atol=1e-9)
    for false in (lambda: g * h, lambda: g.T @ h, lambda: g @ W.T):
        with pytest.raises(ValueError, match=r"shape|mismatch"):
            false()


def test_the_square_example_hides_on_which_side_the_transpose_stands() -> None:
    """With n = q = 3 hidden and output units, a gᵀ and g aᵀ have the same shape."""
    a, g = np.array([0.0, 2.0, 0.0]), np.array([-0.534612, -0.086787, 0.621399])
    assert np.outer(a, g).shape == np.outer(g, a).shape
    np.testing.assert_allclose(np.outer(a, g)[1], [-1.069224, -0.173574, 1.242798])
    assert not np.allclose(np.outer(a, g), np.outer(g, a))


def test_a_batch_of_one_sample_is_the_outer_product() -> None:
    rng = np.random.default_rng(8)
    x, g, W = rng.normal(size=4), rng.normal(size=3), rng.normal(size=(4, 3))
    dW, db, dX = solved("linear_backward")(g[None], x[None], W)
    np.testing.assert_allclose(dW, np.outer(x, g))
    np.testing.assert_allclose(db, g)
    np.testing.assert_allclose(dX, (W @ g)[None])


def test_the_three_conventions_give_the_same_numbers() -> None:
    rng = np.random.default_rng(9)
    X, W, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    Z = solved("linear_forward")(X, W, b)
    for x, z in zip(X, Z, strict=True):
        np.testing.assert_allclose(W.T @ x + b, z)  # W in d x n
        V = W.T  # d_h x d
        np.testing.assert_allclose(V @ x + b, z)
    with pytest.raises(ValueError, match="mismatch"):
        W.T.T @ X[0] + b  # the transpose of the one convention with the weights of the other


def test_the_bias_gradient_is_a_sum_and_dZ_is_complete() -> None:
    """With a mean loss the factor 1/N is in dZ already."""
    rng = np.random.default_rng(10)
    X, W, b, T = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(5, 4))

    def loss(b):
        return np.sum((X @ W + b - T) ** 2) / len(X)

    db = solved("linear_backward")(2 * (X @ W + b - T) / len(X), X, W)[1]
    np.testing.assert_allclose(db, central_difference(loss, b), atol=1e-8)


def test_of_eight_products_only_one_has_the_shape_of_w_if_all_sizes_differ() -> None:
    for N, n, m in itertools.permutations((2, 3, 5)):
        X, dZ = np.ones((N, n)), np.ones((N, m))
        pairs = [(A, B) for A in (X, X.T) for B in (dZ, dZ.T)]
        made = [A @ B for A, B in pairs + [(B, A) for A, B in pairs] if A.shape[1] == B.shape[0]]
        assert sorted(product.shape for product in made) == sorted([(n, m), (m, n)])
    counts = _recorded_array("fitting_products")
    assert counts.tolist() == [[1, 1], [8, 1], [8, 4], [8, 8]]


def test_a_bias_stored_as_a_column_is_silent_only_if_the_sizes_are_equal() -> None:
    b = np.array([1.0, 2.0, 3.0])[:, None]
    with pytest.raises(ValueError, match="broadcast"):
        np.zeros((4, 3)) + b
    assert (np.zeros((3, 3)) + b).tolist() == [[1, 1, 1], [2, 2, 2], [3, 3, 3]]


def test_every_case_of_a_batch_has_sizes_that_differ_or_is_named_for_its_sizes() -> None:
    for name in ("product_gradients", "linear_forward", "linear_backward"):
        for seed in range(20):
            for case in reference(ASSIGNMENT).key(name, seed).task.cases:
                sizes = [n for array in case.inputs for n in array.shape]
                if case.name == "three different sizes" or case.name.startswith("integers"):
                    assert len(set(sizes)) == 3 and min(sizes) >= 2, (name, case.name)


def test_integers_pass() -> None:
    def answer(X, W, b):
        units = list(zip(W.T, b, strict=True))
        return [[sum(x * w for x, w in zip(row, column, strict=True)) + c for column, c in units] for row in X]

    assert verdict_on("linear_forward", answer).status == "passed"


@pytest.mark.parametrize("whole", ["X", "W", "b", "XW", "XWb"])
def test_the_type_of_each_array_is_tested(whole: str) -> None:
    """A result of the type of the arrays that hold integers is found; the type of all three is right."""
    kinds = set()
    for case in reference(ASSIGNMENT).key("linear_forward", 3).task.cases:
        kinds.add("".join(n for n, a in zip("XWb", case.inputs, strict=True) if np.asarray(a).dtype.kind == "i"))
    assert whole in kinds

    def answer(X, W, b):
        arrays = {"X": X, "W": W, "b": b}
        Z = np.zeros((len(X), W.shape[1]), np.result_type(*(arrays[name] for name in whole)))
        for i, x in enumerate(X):
            Z[i] = x @ W + b
        return Z

    assert (verdict_on("linear_forward", answer).status == "passed") == (whole == "XWb")


def test_adding_in_place_to_an_array_of_integers_is_refused() -> None:
    def answer(X, W, b):
        Z = X @ W
        Z += b
        return Z

    verdict = verdict_on("linear_forward", answer)
    assert (verdict.points, verdict.diagnosis) == (1, "bias_added_in_place")


# --- the number of parameters ------------------------------------------------------------------------------------


def test_the_number_of_parameters() -> None:
    """d_h(d + 1) + m(d_h + 1) with d = 3, d_h = 4, m = 5."""
    d, H, C = 3, 4, 5
    arrays = [np.zeros((d, H)), np.zeros(H), np.zeros((H, C)), np.zeros(C)]
    assert sum(a.size for a in arrays) == H * (d + 1) + C * (H + 1) == 41
    task = reference(ASSIGNMENT).key("parameter_count", 3).task
    assert task.cases[0].want.shape == (6,)
    assert _recorded_array("parameter_counts").tolist() == [79510, 159010, 80520]


# --- the notebook ------------------------------------------------------------------------------------------------


def test_the_reference_derivatives_are_verified() -> None:
    """Each exercise that asks for a derivative names what is differentiated."""
    exercises = reference(ASSIGNMENT).exercises
    named = {name for name, exercise in exercises.items() if exercise.derivatives()}
    assert named == {
        "chain_cross_entropy_gradients",
        "chain_squared_gradients",
        "product_gradients",
        "linear_backward",
    }
    for name in named:
        assert len(exercises[name].derivatives()) == len(exercises[name].outputs)


def cell_with(words: str) -> str:
    (source,) = (cell.source for cell in reference(ASSIGNMENT).assignment.release.cells if words in cell.source)
    return source


def names() -> dict[str, object]:
    return dict(reference(ASSIGNMENT).namespace) | {"my_prediction": None}


def test_an_experiment_needs_no_other_experiment() -> None:
    """The cache and the slopes are made where they are used."""
    assert not {"before", "slopes"} & set(names())
    for words in (
        "largest / smallest: {",
        "classification[k]",
        "missing_in_dw1 = None",
        'print("FALSE       ", dY @ local)',
    ):
        exec(cell_with(words), names())


def test_a_wrong_correction_is_shown_beside_the_differences(capsys: pytest.CaptureFixture[str]) -> None:
    exec(cell_with("g @ W.T").replace("yours = None", "yours = W @ g"), names())
    printed = capsys.readouterr().out
    assert "differences  [-4.75  6.  ]" in printed
    assert "your version ValueError: matmul" in printed


def test_false_3_agrees_in_all_digits_when_it_is_corrected(capsys: pytest.CaptureFixture[str]) -> None:
    exec(cell_with("missing_in_dw1 = None").replace("dw1 = None, None", "dw1 = a1, w2"), names())
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("dw")]
    assert len(rows) == 2
    for row in rows:
        assert row.split("difference")[1].split()[0] == row.split()[-1]


def test_the_minutes_of_the_sections_add_up() -> None:
    text = "\n".join(cell.source for cell in reference(ASSIGNMENT).assignment.release.cells)
    minutes = [int(found) for found in re.findall(r"^## [1-6] .*\((\d+) minutes\)$", text, flags=re.MULTILINE)]
    assert len(minutes) == 6
    assert f"Plan {sum(minutes)} minutes" in text


def test_the_points_of_the_parts_are_those_in_the_text() -> None:
    ref = reference(ASSIGNMENT)
    cells = ref.assignment.release.cells
    for name, exercise in ref.exercises.items():
        if exercise.kind == DERIVATION:
            continue  # its parts are its waypoints, equal shares
        before = cells[: cells.index(find_cell(ref.assignment.release, name))]
        text = next(cell.source for cell in reversed(before) if cell.cell_type == "markdown")
        points = ref.points[name]
        assert f"`{name}` ({points:.0f} point" in text
        assert sum(exercise.parts.values()) in (points, 1.0)


@pytest.mark.parametrize("answer", ["X.T @ dZ", "dZ @ W.T", "dY @ X.T", "W.T @ dY", "X @ W + b", "axis=0"])
def test_no_answer_stands_in_the_notebook(answer: str) -> None:
    text = "\n".join(cell.source for cell in reference(ASSIGNMENT).assignment.release.cells)
    assert answer not in text
