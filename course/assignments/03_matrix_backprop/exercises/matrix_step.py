"""One step of gradient descent on Y = W X with numbers."""

import numpy as np

from autograder.authoring import VALUE, Exercise

matrix_step = Exercise(
    "matrix_step",
    title="One step with numbers",
    kind=VALUE,
    decimals=4,
    covers=("S003-03", "S003-04", "S003-05"),
)

W = np.array([[0.3, 0.5], [-0.2, 0.4]])
X = np.array([[0.0, 2.0], [3.0, 1.0]])
T = np.array([[0.5, 1.0], [1.0, -1.5]])
R = W @ X - T


def loss(W):
    return np.sum((W @ X - T) ** 2)


def six(new, before=None, after=None):
    """The six numbers for a step to the weights ``new``."""
    before = loss(W) if before is None else before
    after = loss(new) if after is None else after
    return [round(float(v), 10) for v in (before, *np.ravel(new), after)]


RIGHT = W - 0.1 * 2 * R @ X.T

matrix_step.accepted("tuple", says="a tuple", answer=(3.30, 0.26, -0.12, -0.80, -0.02, 2.2376))
matrix_step.accepted(
    "array",
    says="computed with NumPy",
    source="(lambda W, X, T: (lambda V: np.array([np.sum((W @ X - T) ** 2), *V.ravel(), np.sum((V @ X - T) ** 2)]))"
    "(W - 0.2 * (W @ X - T) @ X.T))(np.array([[0.3, 0.5], [-0.2, 0.4]]), np.array([[0, 2], [3, 1]]), "
    "np.array([[0.5, 1], [1, -1.5]]))",
)
matrix_step.accepted("more_decimals", says="noise in the ninth decimal", answer=[3.300000001, *six(RIGHT)[1:]])

matrix_step.misconception(
    "square_of_three_halves",
    says="The loss at the start is too small by 1: one of the four squares is wrong.",
    hint="Write out all four squares. What is (3/2)²?",
    answer=six(RIGHT, before=2.30),
)
matrix_step.misconception(
    "factor_two_missing",
    says="The slope of the squares lacks its factor 2, so the step is half as long.",
    hint="Differentiate (Y_ik - T_ik)² by the power rule.",
    answer=six(W - 0.1 * R @ X.T),
)
matrix_step.misconception(
    "uphill",
    says="The gradient is added, so the loss grows.",
    hint="In which direction does the gradient point, up or down?",
    answer=six(W + 0.1 * 2 * R @ X.T),
)
matrix_step.misconception(
    "x_not_transposed",
    says="In the gradient X is not transposed; with square matrices nothing complains.",
    hint="Write the entry (0, 1) of dW as a sum and compare.",
    answer=six(W - 0.1 * 2 * R @ X),
)
matrix_step.misconception(
    "gradient_transposed",
    says="The gradient is transposed; with square matrices nothing complains.",
    hint="Write the entry (0, 1) of dW as a sum and compare.",
    answer=six(W - 0.1 * 2 * X @ R.T),
)
matrix_step.misconception(
    "factors_exchanged",
    says="In the gradient the two factors are in the wrong order; with square matrices nothing complains.",
    hint="Write the entry (0, 1) of dW as a sum and compare.",
    answer=six(W - 0.1 * 2 * X.T @ R),
)
matrix_step.misconception(
    "step_size_forgotten",
    says="The whole gradient is subtracted, without the step size.",
    hint="What stands before dW in the step?",
    answer=six(W - 2 * R @ X.T),
)
matrix_step.misconception(
    "loss_not_computed_again",
    says="The last number is the loss at the start; the loss after the step needs the new W.",
    hint="Run the forward pass once more.",
    answer=six(RIGHT, after=loss(W)),
)
matrix_step.misconception(
    "mean_loss",
    says="The squares are averaged; the loss here is their sum.",
    hint="Read the formula of L: is there a division?",
    answer=six(W - 0.1 * 0.5 * R @ X.T, loss(W) / 4, loss(W - 0.1 * 0.5 * R @ X.T) / 4),
)
matrix_step.misconception(
    "half_the_squares",
    says="The loss is taken as half the sum of the squares; here it is the sum itself.",
    hint="Read the formula of L: is there a factor before the sum?",
    answer=six(W - 0.1 * R @ X.T, loss(W) / 2, loss(W - 0.1 * R @ X.T) / 2),
)
matrix_step.misconception(
    "product_in_the_wrong_order",
    says="Y is computed as X W and not as W X.",
    hint="In Y_ik = sum of W_ij X_jk, which matrix comes first?",
    answer=six(
        W - 0.2 * X.T @ (X @ W - T),
        np.sum((X @ W - T) ** 2),
        np.sum((X @ (W - 0.2 * X.T @ (X @ W - T)) - T) ** 2),
    ),
)
matrix_step.misconception(
    "gradient_instead_of_weights",
    says="The four numbers in the middle are the gradient and not the weights after the step.",
    hint="What is left to do when dW is known?",
    answer=six(2 * R @ X.T, after=loss(RIGHT)),
)
matrix_step.misconception(
    "columns_first",
    says="The weights are listed column by column; the order is W_00, W_01, W_10, W_11.",
    hint="Which index counts the columns?",
    answer=six(RIGHT.T, after=loss(RIGHT)),
)
