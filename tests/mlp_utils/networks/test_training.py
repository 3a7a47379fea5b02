"""Training: the steps against a plain loop, real data learnt, and every way in which it can end."""

from __future__ import annotations

import doctest
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from mlp_utils.networks import training as module
from mlp_utils.networks.datasets import digits, split, standardise, two_moons
from mlp_utils.networks.network import Network, layer_norms
from mlp_utils.networks.progress import progress
from mlp_utils.networks.training import History, train

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(23, 3)), rng.integers(0, 3, 23)
VALIDATION, TEST = (rng.normal(size=(5, 3)), rng.integers(0, 3, 5)), (rng.normal(size=(6, 3)), rng.integers(0, 3, 6))


def small(seed: int = 0, activation: str = "tanh") -> Network:
    return Network([3, 6, 4, 3], activation, "xavier", seed)


def run(network: Network, **options: Any) -> History:
    defaults: dict[str, Any] = {"epochs": 4, "batch": 5, "rate": 0.1, "progress": False}
    return train(network, X, Y, **(defaults | options))


def copies(network: Network) -> list[np.ndarray]:
    return [parameter.copy() for parameter in network.parameters]


def same(network: Network, parameters: list[np.ndarray]) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(network.parameters, parameters, strict=True))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("strengths", [{}, {"epsilon": 0.1, "l1": 0.01, "l2": 0.02}])
def test_the_steps_are_those_of_a_plain_loop(momentum: float, strengths: dict[str, float]) -> None:
    network, plain = small(), small()
    velocity = [np.zeros_like(p) for p in plain.parameters]
    order = np.random.default_rng(7)
    losses = [plain.loss(X, Y, strengths.get("epsilon", 0.0))]
    for _ in range(4):
        shuffled = order.permutation(len(X))
        for start in range(0, len(X), 5):
            rows = shuffled[start : start + 5]  # 23 = 4 * 5 + 3: the last batch is smaller
            for p, v, g in zip(plain.parameters, velocity, plain.gradients(X[rows], Y[rows], **strengths), strict=True):
                v[...] = momentum * v + g
                p -= 0.1 * v
        losses.append(plain.loss(X, Y, strengths.get("epsilon", 0.0)))
    history = run(network, momentum=momentum, seed=7, **strengths)
    for p, q in zip(network.parameters, plain.parameters, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(history.losses["training"], losses, rtol=1e-13)


def test_the_history_is_what_the_network_says_of_itself() -> None:
    network = small()
    before = copies(network)
    history = run(network, validation=VALIDATION, test=TEST, l1=0.01, l2=0.02, epsilon=0.1, gradient_norms=True)
    assert history.status == "finished" and history.message == "Finished after 4 epochs."
    assert history.epochs.tolist() == [0, 1, 2, 3, 4]
    assert list(history.losses) == list(history.accuracies) == ["training", "validation", "test"]
    assert history.gradient_norms is not None
    for entry, state in ((0, network.at(before)), (-1, network)):
        for name, part in {"training": (X, Y), "validation": VALIDATION, "test": TEST}.items():
            assert history.losses[name][entry] == pytest.approx(state.loss(*part, 0.1), rel=1e-14)
            assert history.accuracies[name][entry] == state.accuracy(*part)
        assert history.penalties[entry] == state.penalty(0.01, 0.02)
        norms = layer_norms(state.gradients(X, Y, 0.1, 0.01, 0.02))
        np.testing.assert_allclose(history.gradient_norms[entry], norms, rtol=1e-14)
    assert history.gradient_norms.shape == (5, 3)
    for array in (history.epochs, history.penalties, *history.losses.values(), history.gradient_norms):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        history.status = "better"  # type: ignore[misc]
    with pytest.raises(TypeError):
        history.losses["training"] = history.penalties  # type: ignore[index]
    assert repr(history).startswith("<History: Finished after 4 epochs. Training loss 0.")


def test_more_samples_than_are_measured_at_a_time() -> None:
    many, labels = two_moons(1300, 0.2, seed=0)
    network = Network([2, 8, 2], seed=0)
    history = train(network, many, labels, epochs=1, batch=5000, rate=0.1, progress=False)
    assert history.losses["training"][-1] == pytest.approx(network.loss(many, labels), rel=1e-13)
    assert history.accuracies["training"][-1] == network.accuracy(many, labels)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_handwritten_digits_are_learnt(seed: int) -> None:
    training, validation, test = split(*digits(), (0.6, 0.2, 0.2), seed)
    X_train, X_validation, X_test = standardise(training[0], validation[0], test[0])
    network = Network([64, 100, 10], seed=seed)
    history = train(
        network,
        X_train,
        training[1],
        epochs=30,
        batch=32,
        rate=0.05,
        momentum=0.9,
        epsilon=0.1,
        validation=(X_validation, validation[1]),
        test=(X_test, test[1]),
        seed=seed,
        progress=False,
    )
    assert history.losses["training"][0] > 2.0
    assert history.accuracies["training"][-1] == 1.0
    assert history.accuracies["validation"][-1] > 0.95
    assert history.accuracies["test"][-1] > 0.95


def test_the_seed_decides_the_result() -> None:
    one, two, other = small(), small(), small()
    first, second = run(one, seed=3, momentum=0.5), run(two, seed=3, momentum=0.5)
    run(other, seed=4, momentum=0.5)
    assert same(one, two.parameters) and not same(one, other.parameters)
    np.testing.assert_array_equal(first.losses["training"], second.losses["training"])


def test_inputs_are_not_changed() -> None:
    frozen, labels = X.copy(), Y.copy()
    frozen.setflags(write=False)
    labels.setflags(write=False)
    train(small(), frozen, labels, epochs=2, batch=4, rate=0.1, validation=(frozen, labels), progress=False)
    train(small(), np.asfortranarray(X), list(Y), epochs=2, batch=4, rate=0.1, progress=False)


# --- how it ends -------------------------------------------------------------------------------------------------


def test_the_callback_sees_the_history_so_far_and_can_stop() -> None:
    seen = []

    def early(history: History) -> bool:
        seen.append((history.epochs[-1], history.status, history.losses["validation"].shape))
        return len(seen) == 2

    network = small()
    history = run(network, callback=early, validation=VALIDATION)
    assert seen == [(1, "running", (2,)), (2, "running", (3,))]
    assert history.status == "stopped" and history.message == "Stopped by the callback after epoch 2 of 4."
    assert history.epochs.tolist() == [0, 1, 2]
    assert history.losses["training"][-1] == pytest.approx(network.loss(X, Y), rel=1e-14)


def test_an_exception_in_the_callback_comes_out() -> None:
    def broken(history: History) -> None:
        raise KeyError("nothing here")

    network, reference = small(), small()
    with pytest.raises(KeyError, match="nothing here"):
        run(network, callback=broken)
    run(reference, epochs=1)
    assert same(network, reference.parameters)


def test_a_warning_in_the_callback_is_the_callbacks_own() -> None:
    with pytest.warns(RuntimeWarning, match="invalid value"):
        run(small(), callback=lambda history: np.log(np.array(-1.0)) > 0)


@pytest.mark.parametrize("batches_done", [0, 3, 7])
def test_an_interruption_gives_what_was_reached(batches_done: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C between two batches: 5 batches an epoch, so that 7 batches are one epoch and a part of the next."""
    original, calls = module.Passes.gradients, 0

    def interrupted(*arguments: Any) -> Any:
        nonlocal calls
        if calls == batches_done:
            raise KeyboardInterrupt
        calls += 1
        return original(*arguments)

    monkeypatch.setattr(module.Passes, "gradients", interrupted)
    network = small()
    history = run(network)
    monkeypatch.undo()
    epochs = batches_done // 5
    reference = small()
    if epochs:
        run(reference, epochs=epochs)
    assert history.status == "interrupted" and history.message == f"Interrupted after {epochs} of 4 epochs."
    assert history.epochs.tolist() == list(range(epochs + 1))
    assert same(network, reference.parameters)


def test_an_interruption_after_an_epoch_was_measured_loses_at_most_that_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = module._copies, 0

    def interrupted(network: Network) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:  # at the start, after epochs 1 and 2, and now after epoch 3
            raise KeyboardInterrupt
        return original(network)

    monkeypatch.setattr(module, "_copies", interrupted)
    network = small()
    history = run(network)
    assert history.status == "interrupted" and history.epochs.tolist() == [0, 1, 2]
    assert history.losses["training"][-1] == pytest.approx(network.loss(X, Y), rel=1e-14)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_loss_that_is_no_longer_finite_stops_it(activation: str) -> None:
    network = small(activation=activation)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = run(network, rate=1e200, l2=0.01, epochs=10)
    assert history.status == "diverged"
    assert history.message == (
        "Stopped in epoch 1, because the loss is no longer a finite number; "
        "try a rate smaller than 1e+200, or smaller initial weights."
    )
    assert history.epochs.tolist() == [0]
    assert same(network, small(activation=activation).parameters)


def test_a_loss_that_is_not_finite_at_the_start_is_refused() -> None:
    network = small()
    network.parameters[0][0, 0] = np.nan
    with pytest.raises(ValueError, match="not a finite number before the first step"):
        run(network)


# --- what it refuses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, r"epochs is 0; give an integer >= 1\."),
        ({"epochs": 2.0}, r"epochs is 2\.0; give an integer >= 1\."),
        ({"batch": True}, r"batch is True; give an integer >= 1\."),
        ({"rate": 0.0}, r"rate is 0\.0; give a number > 0\."),
        ({"rate": np.nan}, "rate is nan; give a number > 0"),
        ({"rate": "fast"}, "rate is 'fast'; give a number > 0"),
        ({"momentum": 1.0}, r"momentum is 1\.0; give a number >= 0 and < 1\."),
        ({"epsilon": -0.1}, r"epsilon is -0\.1; give a number from 0 to 1\."),
        ({"l1": np.inf}, "l1 is inf; give a number >= 0"),
        ({"validation": (X[:, :2], Y)}, r"X_validation has the shape \(23, 2\)"),
        ({"validation": (X, Y[:3])}, r"y_validation has the shape \(3,\)"),
        ({"test": (X, Y + 1)}, r"y_test\[\d+\] is 3; labels go from 0 to 2"),
        ({"test": (X.astype(int), Y)}, "X_test holds integers"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(options: dict[str, Any], message: str) -> None:
    network = small()
    with pytest.raises(ValueError, match=message):
        run(network, **options)
    assert same(network, small().parameters)


def test_bad_training_data_are_named() -> None:
    options: dict[str, Any] = {"epochs": 1, "batch": 2, "rate": 0.1, "progress": False}
    with pytest.raises(ValueError, match=r"X holds integers"):
        train(small(), X.astype(int), Y, **options)
    with pytest.raises(ValueError, match=r"X\[4, 2\] is inf"):
        train(small(), np.where(np.arange(69).reshape(23, 3) == 14, np.inf, X), Y, **options)
    with pytest.raises(ValueError, match=r"y\[0\] is -1"):
        train(small(), X, np.full(23, -1), **options)


# --- progress ----------------------------------------------------------------------------------------------------


def test_the_bar_goes_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    run(small(), progress=True)
    captured = capsys.readouterr()
    assert "4/4" in captured.out and "loss 0." in captured.out
    assert captured.err == ""
    run(small(), progress=False)
    assert capsys.readouterr().out == ""


def test_without_tqdm_there_are_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with progress(40) as step:
        for k in range(40):
            step(f"loss {k}")
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"epoch {k} of 40: loss {k - 1}" for k in range(4, 41, 4)]
    with progress(3) as step:
        for k in range(3):
            step(f"loss {k}")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_the_example_in_the_docstring_runs() -> None:
    assert doctest.testmod(module).failed == 0
