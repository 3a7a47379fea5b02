"""One step of gradient descent with the numbers of a published exercise."""

import numpy as np

from autograder.authoring import VALUE, Exercise

one_step = Exercise(
    "one_step",
    title="Forward, backward and one step with numbers",
    kind=VALUE,
    parts={"forward": 1, "gradients": 2, "after the step": 1},
    groups=(7, 10, 11),
    covers=(
        "S000-19",
        "S000-20",
        "S000-21",
        "S000-22",
        "S000-23",
        "S000-24",
        "S000-25",
        "S000-26",
        "S000-27",
        "S000-28",
        "S000-29",
        "S000-30",
    ),
)

X, Y = np.array([0.0, 2.0]), np.array([1.0, 0.0, 0.0])
W1, B1 = np.array([[-5.0, 2, 2], [-5, 2, -1]]), np.array([-3.0, -2, -3])
W2, B2 = np.array([[3.0, -4, 1], [-2, -4, -2], [-4, -2, 3]]), np.array([4.0, 5, 5])
START = (W1, B1, W2, B2)


def forward(parameters, epsilon=0.3, label=Y, used=lambda V1, c1, V2, c2: (V1, c1, V2, c2)):
    """Pre-activations, activations, logits, probabilities, smoothed label and loss of the one sample.

    used: what the forward pass takes for the four parameters.
    """
    V1, c1, V2, c2 = used(*parameters)
    z = X @ V1 + c1
    a = np.maximum(z, 0)
    o = a @ V2 + c2
    p = np.exp(o - o.max()) / np.exp(o - o.max()).sum()
    ys = (1 - epsilon) * label + epsilon / 3
    return z, a, o, p, ys, -np.sum(ys * np.log(p))


def gradients(parameters=START, mask=lambda z, da: z > 0, wrong_g=lambda p, ys: p - ys, V2=None, **other):
    z, a, _, p, ys, _ = forward(parameters, **other)
    g = wrong_g(p, ys)
    da = (parameters[2] if V2 is None else V2) @ g
    dz = da * mask(z, da)
    return np.outer(X, dz), dz, np.outer(a, g), g


def numbers(found, eta=0.1, shown=None, **other):
    """The 28 numbers when ``found`` are taken for the gradients."""
    shown = shown or forward(START)
    new = [p - eta * g for p, g in zip(START, found, strict=True)]
    return listed(shown, found, new, forward(new, **other)[-1])


def second_row(arrays):
    """What is asked for of the four arrays, in its order."""
    return arrays[2][1], arrays[3], arrays[0][1, 1], arrays[1]


def listed(shown, found, new, after, before_step=second_row, after_step=None):
    """The 28 numbers; the last two arguments say what is picked of the gradients and of the new parameters."""
    _, _, o, p, _, before = shown
    parts = [o, p, before, *before_step(found), *(after_step or before_step)(new)]
    return [round(float(v), 9) for v in np.concatenate([np.atleast_1d(v) for v in (*parts, after)])]


RIGHT = numbers(gradients())
STEPPED = [p - 0.1 * g for p, g in zip(START, gradients(), strict=True)]
LAST = forward(STEPPED)[-1]
WEIGHTS_ALONE = [STEPPED[0], B1, STEPPED[2], B2]

one_step.accepted("tuple", says="a tuple", answer=tuple(RIGHT))
one_step.accepted("rounded", says="rounded to seven decimals", answer=[round(v, 7) for v in RIGHT])
one_step.accepted("array", says="an array", source=f"np.array({RIGHT})")


def wrong(answer_id, says, hint, answer):
    one_step.misconception(answer_id, says=says, hint=hint, answer=answer)


wrong(
    "uphill",
    "The step goes uphill: the gradient is added, and the loss grows.",
    "Is the loss after the step smaller than before?",
    numbers(gradients(), eta=-0.1),
)
wrong(
    "step_size_forgotten",
    "The whole gradient is subtracted, without the step size 0.1.",
    "What stands before the gradient in the step?",
    numbers(gradients(), eta=1.0),
)
wrong(
    "loss_not_computed_again",
    "The last number is the loss before the step.",
    "Which parameters belong to the loss after the step?",
    [*RIGHT[:-1], RIGHT[6]],
)
wrong(
    "label_not_smoothed",
    "The label is not smoothed: epsilon is 0 in these numbers.",
    "What is the smoothed label for epsilon = 0.3?",
    numbers(gradients(epsilon=0.0), shown=forward(START, 0.0), epsilon=0.0),
)
wrong(
    "smoothed_in_the_loss_only",
    "The label is smoothed in the loss and not in the gradient.",
    "Which label does the gradient by the logits contain?",
    numbers(gradients(epsilon=0.0)),
)
wrong(
    "sign_of_the_gradient",
    "The gradient by the logits has the wrong sign, so the step climbs.",
    "Which sign must the entry of the right class have?",
    numbers(gradients(wrong_g=lambda p, ys: ys - p)),
)
wrong(
    "relu_for_its_slope",
    "On the way back the value relu(z) is multiplied where its slope belongs.",
    "What is the slope of the rectifier at 2?",
    numbers(gradients(mask=lambda z, da: np.maximum(z, 0))),
)
wrong(
    "inverted_mask",
    "The mask of the rectifier is inverted.",
    "Which of the three hidden units is active?",
    numbers(gradients(mask=lambda z, da: z < 0)),
)
wrong(
    "mask_missing",
    "The mask of the rectifier is missing: dead units pass the gradient on to their biases.",
    "Does the loss change when the bias of a dead unit changes a little?",
    numbers(gradients(mask=lambda z, da: 1.0)),
)
wrong(
    "mask_of_the_upstream",
    "The mask asks which gradients are positive, and not which units are active.",
    "Which of the three hidden units are dead, and which number says so?",
    numbers(gradients(mask=lambda z, da: da > 0)),
)
wrong(
    "bias_with_an_input",
    "The gradient of b1 has a factor from x: 2 times too long.",
    "What is the derivative of z1[p] with respect to b1[p]?",
    numbers([g * (2 if k == 1 else 1) for k, g in enumerate(gradients())]),
)
wrong(
    "w2_transposed",
    "W2 is transposed on the way back; with three units and three classes nothing complains.",
    "Which index of W2 counts the classes?",
    numbers(gradients(V2=W2.T)),
)
wrong(
    "w2_updated_first",
    "W2 makes its step before the gradient passes through it.",
    "Which W2 did the forward pass use?",
    numbers(gradients(V2=W2 - 0.1 * gradients()[2])),
)
FORWARD_MISTAKES = (
    (
        "b1_forgotten",
        "The bias of the hidden layer is missing in the forward pass.",
        "Which parameters does your first pre-activation contain?",
        lambda V1, c1, V2, c2: (V1, 0 * c1, V2, c2),
    ),
    (
        "b2_forgotten",
        "The bias of the output layer is missing in the forward pass.",
        "Which parameters do your logits contain?",
        lambda V1, c1, V2, c2: (V1, c1, V2, 0 * c2),
    ),
    (
        "w2_transposed_forward",
        "W2 is transposed in the forward pass; with three units and three classes nothing complains.",
        "Which index of W2 counts the hidden units, and over which index does your sum run?",
        lambda V1, c1, V2, c2: (V1, c1, V2.T, c2),
    ),
)
for answer_id, says, hint, used in FORWARD_MISTAKES:
    wrong(answer_id, says, hint, numbers(gradients(used=used), shown=forward(START, used=used), used=used))
wrong(
    "only_the_output_layer",
    "The first layer has not made its step.",
    "How many arrays of parameters does the step change?",
    listed(
        forward(START),
        gradients(),
        [W1, B1, W2 - 0.1 * gradients()[2], B2 - 0.1 * gradients()[3]],
        forward([W1, B1, W2 - 0.1 * gradients()[2], B2 - 0.1 * gradients()[3]])[-1],
    ),
)
OTHER = np.array([0.0, 1.0, 0.0])
wrong(
    "class_counted_from_1",
    "The label stands at class 1; class 0 is the first of the three.",
    "Which entry of the smoothed label is the largest?",
    numbers(gradients(label=OTHER), shown=forward(START, label=OTHER), label=OTHER),
)
wrong(
    "step_of_a_hundredth",
    "The step size is 0.01 in these numbers.",
    "Compare an entry of W2 before and after the step: by how much of its gradient does it change?",
    numbers(gradients(), eta=0.01),
)
wrong(
    "biases_not_stepped",
    "The two biases have not made their step.",
    "How many arrays of parameters does the step change?",
    listed(forward(START), gradients(), WEIGHTS_ALONE, forward(WEIGHTS_ALONE)[-1]),
)
wrong(
    "counted_from_1",
    "Rows and entries are counted from 1: these are the first ones.",
    "Which row does W2[1] give in NumPy?",
    listed(forward(START), gradients(), STEPPED, LAST, lambda new: (new[2][0], new[3], new[0][0, 0], new[1])),
)
wrong(
    "column_for_row",
    "Of dW2 and W2 a column stands where a row is asked for.",
    "What is the difference between W2[1] and W2[:, 1]?",
    listed(forward(START), gradients(), STEPPED, LAST, lambda new: (new[2][:, 1], *second_row(new)[1:])),
)
wrong(
    "loss_first",
    "The loss stands before the logits and the probabilities.",
    "Read the table: in which order do the first seven numbers stand?",
    [RIGHT[6], *RIGHT[:6], *RIGHT[7:]],
)
wrong(
    "probabilities_first",
    "The probabilities stand before the logits.",
    "Read the table: in which order do the first seven numbers stand?",
    [*RIGHT[3:6], *RIGHT[:3], *RIGHT[6:]],
)
wrong(
    "rounded_factors",
    "0.3472 is twice the rounded 0.1736: a rounded number has been used in a product.",
    "Compute the entry of dW1 with all decimals and round at the end.",
    [0.3472 if round(v, 6) == 0.347148 else v for v in RIGHT],
)
wrong(
    "new_parameters_first",
    "The new parameters stand before the gradients.",
    "Read the table: in which order do the 28 numbers stand?",
    [*RIGHT[:7], *RIGHT[17:27], *RIGHT[7:17], RIGHT[27]],
)
ORDER = "Read the table once more: in which order do the arrays of this part stand?"


def biases_first(arrays):
    weights, bias, *others = second_row(arrays)
    return bias, weights, *others


def first_layer_first(arrays):
    weights, bias, *others = second_row(arrays)
    return *others, weights, bias


def other_order(answer_id, says, before_step, after_step):
    wrong(answer_id, says, ORDER, listed(forward(START), gradients(), STEPPED, LAST, before_step, after_step))


other_order("db2_before_dw2", "db2 stands before dW2, and b2 before W2.", biases_first, biases_first)
other_order("db2_before_dw2_once", "db2 stands before dW2.", biases_first, second_row)
other_order(
    "first_layer_first", "The first layer stands before the output layer.", first_layer_first, first_layer_first
)
other_order(
    "first_layer_first_at_the_end",
    "After the step the first layer stands before the output layer.",
    second_row,
    first_layer_first,
)
wrong(
    "row_0_of_w2",
    "Of dW2 and W2 the row 0 stands where the row 1 is asked for.",
    "To which hidden unit do the weights in your row of W2 belong, and is that unit active?",
    listed(forward(START), gradients(), STEPPED, LAST, lambda new: (new[2][0], *second_row(new)[1:])),
)
