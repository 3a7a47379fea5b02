"""The slopes of the cross-entropy of a chain of three sigmoid units."""

import numpy as np

from autograder.authoring import Exercise, case

chain_cross_entropy_gradients = Exercise(
    "chain_cross_entropy_gradients",
    title="Backward along the chain, cross-entropy",
    parts={"dw1": 1, "dw2": 1, "dw3": 1},
    outputs=("dw1", "dw2", "dw3"),
    loss="chain_loss",
    wrt="w1, w2, w3",
    covers=("S003-09",),
)

SIGNATURE = "w1, w2, w3, x, t, cache"


def forward(w1, w2, w3, x):
    """The course's own forward pass."""
    cache, a = [], x
    for w in (w1, w2, w3):
        z = w * a
        a = 1 / (1 + np.exp(-z))
        cache += [float(z), float(a)]
    return tuple(cache)


@chain_cross_entropy_gradients.cases
def _(rng):
    for pick, part in enumerate(("dw1", "dw2", "dw3")):
        for name, t in (
            ("the target 1", 1),
            ("the target 0", 0),
            ("a target between 0 and 1", float(rng.uniform(0.1, 0.4))),
        ):
            w = [float(v) for v in rng.choice([-1.0, 1.0], size=4) * rng.uniform(0.4, 1.8, size=4)]
            yield case(name, *w, t, forward(*w), part=part, pick=pick)
        w = [int(v) for v in rng.permutation([-2, -1, 1, 2])]
        yield case("integers", *w, int(rng.integers(0, 2)), forward(*w), part=part, pick=pick)


@chain_cross_entropy_gradients.accepted("factor_by_factor", says="the slope of the loss and of the last sigmoid apart")
def _(w1, w2, w3, x, t, cache):
    _, a1, _, a2, _, y = cache
    dz3 = (-t / y + (1 - t) / (1 - y)) * y * (1 - y)
    dz2 = dz3 * w3 * a2 * (1 - a2)
    dz1 = dz2 * w2 * a1 * (1 - a1)
    return dz1 * x, dz2 * a1, dz3 * a2


@chain_cross_entropy_gradients.accepted("without_the_cache", says="everything is computed again, slopes from z")
def _(w1, w2, w3, x, t, cache):
    def slope(z):
        return sigmoid(z) * sigmoid(-z)

    z1 = w1 * x
    z2 = w2 * sigmoid(z1)
    e = sigmoid(w3 * sigmoid(z2)) - t
    return e * w3 * slope(z2) * w2 * slope(z1) * x, e * w3 * slope(z2) * sigmoid(z1), e * sigmoid(z2)


@chain_cross_entropy_gradients.accepted("loop", says="a loop from the last unit to the first, a list as the result")
def _(w1, w2, w3, x, t, cache):
    weights, enters = (w1, w2, w3), (x, cache[1], cache[3])
    upstream, slopes = cache[5] - t, [0.0, 0.0, 0.0]
    for k in (2, 1, 0):
        slopes[k] = upstream * enters[k]
        upstream = upstream * weights[k] * enters[k] * (1 - enters[k])
    return slopes


@chain_cross_entropy_gradients.accepted("forwards", says="slopes of y first, from the input to the output")
def _(w1, w2, w3, x, t, cache):
    _, a1, _, a2, _, y = cache
    da1 = a1 * (1 - a1) * x
    da2 = a2 * (1 - a2) * np.array([w2 * da1, a1])
    dy = y * (1 - y) * np.array([w3 * da2[0], w3 * da2[1], a2])
    return tuple((y - t) / (y * (1 - y)) * dy)


@chain_cross_entropy_gradients.accepted("complex_step", says="not a formula, exact all the same")
def _(w1, w2, w3, x, t, cache):
    w = np.array([w1, w2, w3], dtype=complex)
    steps = 1e-30j * np.eye(3)
    return tuple(np.imag(chain_loss(*(w + step), x, t)) / 1e-30 for step in steps)


def wrong(answer_id, says, hint, dz3="y - t", slope="a * (1 - a)", result="", **factors):
    """A misconception: the right way back, in which some of the factors are others."""
    f = {"w3": "w3", "w2": "w2", "s2": "slope(z2, a2)", "s1": "slope(z1, a1)", "in3": "a2", "in2": "a1", "in1": "x"}
    f |= factors
    steps = (
        f"slope := lambda z, a: {slope}",
        f"dz3 := {dz3}",
        f"dz2 := dz3 * {f['w3']} * {f['s2']}",
        f"dz1 := dz2 * {f['w2']} * {f['s1']}",
    )
    result = result or f"dz1 * {f['in1']}, dz2 * {f['in2']}, dz3 * {f['in3']}"
    way_back = "".join(f"    ({step}),\n" for step in steps)
    source = f"lambda {SIGNATURE}: (lambda z1, a1, z2, a2, z3, y: (\n{way_back}    ({result}),\n)[-1])(*cache)"
    chain_cross_entropy_gradients.misconception(answer_id, says=says, hint=hint, source=source)


LIST = "List the factors on the way from the loss back to this weight, one for each line of the forward pass."

wrong(
    "target_and_prediction_exchanged",
    "The target and the prediction are exchanged where the backward pass starts, so every slope has the wrong sign.",
    "Should y rise or fall when t = 1? Which sign must dL/dy have then?",
    dz3="t - y",
)
wrong(
    "sign_in_the_second_term",
    "In dL/dy the term of 1 - t has the wrong sign; with t = 1 this does not show.",
    "Differentiate ln(1 - y): what is the inner derivative, and which sign stands before the term?",
    dz3="(-t / y + (t - 1) / (1 - y)) * y * (1 - y)",
)
wrong(
    "only_the_term_of_t",
    "The term of 1 - t is left out of the loss; this is right for t = 1 only.",
    "Which of the two terms of the loss is left at t = 0?",
    dz3="-t * (1 - y)",
)
wrong(
    "output_slope_missing",
    "The slope of the last sigmoid is missing: dL/dy is used where dL/dz3 belongs.",
    "Which line of the forward pass stands between z3 and y? What is its local slope?",
    dz3="-t / y + (1 - t) / (1 - y)",
)
wrong(
    "output_slope_twice",
    "The slope of the last sigmoid is in it twice: y - t contains it already.",
    "Multiply dL/dy by the slope of the last sigmoid on paper. What is left?",
    dz3="(y - t) * y * (1 - y)",
)
wrong(
    "output_slope_at_y",
    "The slope of the last sigmoid is taken at y and not at z3: the sigmoid is applied twice.",
    "y is a value of the sigmoid already. How is the slope written with the value?",
    dz3="(-t / y + (1 - t) / (1 - y)) * sigmoid(y) * (1 - sigmoid(y))",
)
wrong(
    "squared_loss",
    "The backward pass starts with the slope of a squared loss; the loss here is the cross-entropy.",
    "What is the derivative of ln y?",
    dz3="2 * (y - t) * y * (1 - y)",
)
wrong(
    "loss_left_out",
    "These are the slopes of y: the slope of the loss with respect to y is missing.",
    "Does your result depend on t?",
    dz3="y * (1 - y)",
)
wrong("first_slope_missing", "In dw1 the slope of the first unit is missing.", LIST, s1="1")
wrong(
    "second_slope_missing",
    "In dw2 and dw1 the slope of the second unit is missing.",
    LIST,
    s2="1",
)
wrong("hidden_slopes_missing", "The slopes of both hidden units are missing.", LIST, s1="1", s2="1")
wrong("w2_missing", "In dw1 the factor w2 is missing.", LIST, w2="1")
wrong("w3_missing", "In dw2 and dw1 the factor w3 is missing.", LIST, w3="1")
wrong("a1_missing", "In dw2 the factor that enters the second unit is missing.", LIST, in2="1")
wrong("a2_missing", "In dw3 the factor that enters the third unit is missing.", LIST, in3="1")
wrong("x_missing", "In dw1 the factor that enters the first unit is missing.", LIST, in1="1")
wrong(
    "slopes_of_z_returned",
    "The slopes with respect to z1, z2 and z3 are returned; one local factor to the weights is missing in each.",
    "z3 is a product of a weight and something else. What is its local slope for the weight?",
    result="dz1, dz2, dz3",
)
wrong(
    "slope_at_the_activation",
    "The slopes of the hidden units are taken at a and not at z: the sigmoid is applied twice.",
    "a is a value of the sigmoid already. How is the slope written with the value?",
    slope="sigmoid(a) * (1 - sigmoid(a))",
)
wrong(
    "slope_fed_with_z",
    "The slopes of the hidden units are written as z(1 - z).",
    "In s(1 - s), is s what the unit gets or what it sends on?",
    slope="z * (1 - z)",
)
wrong(
    "slope_of_tanh",
    "The hidden units get the slope of tanh.",
    "Which of 1 - a² and a(1 - a) belongs to the sigmoid?",
    slope="1 - a**2",
)
wrong(
    "value_for_slope",
    "On the way back the values of the hidden units are multiplied where their slopes belong.",
    "Does a unit pass its value backwards, or how fast the value changes?",
    slope="a",
)
wrong(
    "z_instead_of_a",
    "dw3 and dw2 are multiplied by what the unit before gets, z, and not by what it sends on.",
    "z3 is the product of w3 and which number of the cache?",
    in3="z2",
    in2="z1",
)
wrong(
    "own_output",
    "Each slope is multiplied by what the weight's own unit sends on, and not by what enters it.",
    "By which number does the forward pass multiply w3?",
    in3="y",
    in2="a2",
    in1="a1",
)
wrong(
    "weights_shifted",
    "On the way back through a unit its neighbour's weight is used: w2 for w3, and w1 for w2.",
    "Which weight stands between a2 and z3?",
    w3="w2",
    w2="w1",
)
wrong(
    "order_of_results",
    "The slopes are returned from the last weight to the first.",
    "Read the docstring: which one comes first?",
    result="dz3 * a2, dz2 * a1, dz1 * x",
)


@chain_cross_entropy_gradients.misconception(
    "forward_difference",
    says="This is a forward difference, whose truncation error is visible; the formulas were asked for.",
    hint="Write each slope as a product of numbers from the cache.",
)
def _(w1, w2, w3, x, t, cache):
    w, h = np.array([w1, w2, w3], dtype=float), 1e-5
    base = chain_loss(w1, w2, w3, x, t)
    return tuple((chain_loss(*(w + step), x, t) - base) / h for step in h * np.eye(3))
