"""Pictures of training: what the texts say is true, and classes and curves can be told apart."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pytest
from mlp_utils.networks.datasets import spirals
from mlp_utils.networks.network import Network
from mlp_utils.networks.training import History, train
from mlp_utils.networks.training_pictures import _middle, decision_regions, learning_curves
from mlp_utils.plotting import Picture
from PIL import Image


def history(**changes: Any) -> History:
    fields: dict[str, Any] = {
        "epochs": np.arange(4),
        "losses": {"training": np.array([2.0, 1.0, 0.5, 0.25]), "validation": np.array([2.1, 1.1, 0.6, 0.7])},
        "accuracies": {"training": np.array([0.1, 0.5, 0.75, 1.0]), "validation": np.array([0.1, 0.4, 0.6, 0.625])},
        "penalties": np.zeros(4),
        "gradient_norms": None,
        "status": "finished",
        "message": "Finished after 3 epochs.",
    }
    return History(**(fields | changes))


def pixels(picture: Picture) -> np.ndarray:
    with Image.open(io.BytesIO(picture.png)) as image:
        return np.asarray(image.convert("RGB"))


def test_the_text_of_learning_curves_has_their_numbers() -> None:
    assert str(learning_curves(history(), title="Digits")) == (
        "Digits: loss and accuracy against the epoch, from 0 to 3. "
        "Training: loss from 2 to 0.25, smallest 0.25 after epoch 3; accuracy from 10.0% to 100.0%. "
        "Validation: loss from 2.1 to 0.7, smallest 0.6 after epoch 2; accuracy from 10.0% to 62.5%."
    )
    stopped = history(status="diverged", message="Stopped in epoch 4, because of this.")
    assert str(learning_curves(stopped)).endswith(" Stopped in epoch 4, because of this.")


@pytest.mark.parametrize("epochs", [1, 100])
@pytest.mark.parametrize("log_loss", [False, True])
def test_learning_curves_of_any_length_are_drawn(epochs: int, log_loss: bool) -> None:
    X, y = spirals(30)
    past = train(
        Network([2, 4, 3]), X, y, epochs=epochs, batch=10, rate=0.1, progress=False, validation=(X, y), test=(X, y)
    )
    picture = learning_curves(past, log_loss=log_loss)
    assert picture.width == 600 and pixels(picture).shape == (840, 900, 3)
    assert picture.png == learning_curves(past, log_loss=log_loss).png
    assert picture.png != learning_curves(past, log_loss=not log_loss).png


def thirds(points: np.ndarray) -> np.ndarray:
    """Scores of three classes: left, middle and right of the picture, cut at -1 and 1."""
    x = points[:, 0]
    return np.column_stack([-1.0 - x, 0.0 * x, x - 1.0])


def test_the_text_of_decision_regions_has_their_numbers() -> None:
    X = np.array([[-3.0, -1.0], [0.0, 0.0], [0.5, 0.0], [3.0, 1.0], [-2.0, 0.5]])
    y = np.array([0, 1, 1, 2, 2])
    picture = decision_regions(thirds, X, y, title="Thirds", x_label="a", y_label="b")
    assert str(picture) == (
        "Thirds: the plane for a from -3.48 to 3.48 and b from -1.16 to 1.16. "
        "Part of the picture in which each class is chosen: class 0 36%, class 1 29%, class 2 36%. "
        "1 of 5 points lie in the region of another class."
    )


def test_the_regions_of_six_classes_have_six_colours() -> None:
    angles = 2 * np.pi * np.arange(6) / 6
    X, y = np.column_stack([np.cos(angles), np.sin(angles)]), np.arange(6)
    image = pixels(decision_regions(lambda points: points @ X.T, X, y))
    colours, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    fills = colours[np.argsort(counts)[::-1][:7]].astype(int)  # the paper and the six regions
    assert [255, 255, 255] in fills.tolist()
    for one, other in itertools.combinations(fills, 2):
        assert np.abs(one - other).sum() > 30


def test_a_network_that_gives_one_class_everywhere_is_drawn() -> None:
    X, y = spirals(30)
    network = Network([2, 4, 3], init=0.0)
    assert "class 0 100%, class 1 0%, class 2 0%. 20 of 30 points" in str(decision_regions(network.logits, X, y))
    network.parameters[-1][...] = [0.0, 1.0, 0.0]
    assert "class 0 0%, class 1 100%, class 2 0%. 20 of 30 points" in str(decision_regions(network.probabilities, X, y))
    assert decision_regions(network.logits, X[:1], y[:1]).png


def test_the_middle_of_a_region_is_in_it_and_far_from_its_edge() -> None:
    surface = -np.ones((20, 30))
    surface[2:5, 3:28] = 1.0
    surface[8:19, 4:15] = 1.0
    assert _middle(surface) == (13, 9)


@pytest.mark.parametrize(
    ("scores", "X", "y", "message"),
    [
        (thirds, np.ones((2, 3)), [0, 1], r"X has the shape \(2, 3\); a picture of the plane needs \(N, 2\)"),
        (thirds, np.ones((2, 2)), [0], r"y has the shape \(1,\); it needs one label a point, shape \(2,\)\."),
        (thirds, np.ones((2, 2)), [0, 3], "y holds labels outside of 0 to 2"),
        (thirds, np.ones((2, 2)), [0.0, 1.0], "or no integers"),
        (lambda points: points[:, 0], np.ones((2, 2)), [0, 1], r"scores gave the shape \(40000,\) for 40000 points"),
        (lambda points: np.ones((len(points), 7)), np.ones((2, 2)), [0, 1], r"with C from 2 to 6\."),
    ],
)
def test_what_does_not_fit_is_named(scores: Any, X: np.ndarray, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decision_regions(scores, X, y)
