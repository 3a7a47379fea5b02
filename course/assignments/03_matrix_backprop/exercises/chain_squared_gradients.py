"""The slopes of the squared loss of a chain whose last unit is linear."""

import numpy as np

from autograder.authoring import Exercise, case

chain_squared_gradients = Exercise(
    "chain_squared_gradients",
    title="Backward along the regression chain, squared loss",
    parts={"dw1": 1, "dw2": 1, "dw3": 1},
    outputs=("dw1", "dw2", "dw3"),
    loss="chain_squared_loss",
    wrt="w1, w2, w3",
    covers=("S003-11", "S003-12"),
)

SIGNATURE = "w1, w2, w3, x, t, cache"


def forward(w1, w2, w3, x):
    """The course's own forward pass, without the last sigmoid."""
    cache, a = [], x
    for w in (w1, w2):
        z = w * a
        a = 1 / (1 + np.exp(-z))
        cache += [float(z), float(a)]
    return (*cache, float(w3 * a))


@chain_squared_gradients.cases
def _(rng):
    for pick, part in enumerate(("dw1", "dw2", "dw3")):
        for name, t in (
            ("a small target", float(rng.uniform(-2.0, 2.0))),
            ("a large target", float(rng.uniform(90, 150))),
        ):
            w = [float(v) for v in rng.choice([-1.0, 1.0], size=4) * rng.uniform(0.4, 1.8, size=4)]
            yield case(name, *w, t, forward(*w), part=part, pick=pick)
        w = [int(v) for v in rng.permutation([-2, -1, 1, 2])]
        yield case("integers", *w, int(rng.integers(2, 6)), forward(*w), part=part, pick=pick)


@chain_squared_gradients.accepted("other_sign_twice", says="-2(t - y), factor by factor, nothing kept")
def _(w1, w2, w3, x, t, cache):
    _, a1, _, a2, y = cache
    dw3 = -2 * (t - y) * a2
    dw2 = -2 * (t - y) * w3 * a2 * (1 - a2) * a1
    dw1 = -2 * (t - y) * w3 * a2 * (1 - a2) * w2 * a1 * (1 - a1) * x
    return dw1, dw2, dw3


@chain_squared_gradients.accepted("without_the_cache", says="everything is computed again, slopes from z")
def _(w1, w2, w3, x, t, cache):
    def slope(z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2

    z1 = w1 * x
    z2 = w2 * sigmoid(z1)
    dy = 2 * (w3 * sigmoid(z2) - t)
    return dy * w3 * slope(z2) * w2 * slope(z1) * x, dy * w3 * slope(z2) * sigmoid(z1), dy * sigmoid(z2)


@chain_squared_gradients.accepted("forwards", says="slopes of y first, from the input to the output")
def _(w1, w2, w3, x, t, cache):
    _, a1, _, a2, y = cache
    da1 = a1 * (1 - a1) * x
    da2 = a2 * (1 - a2) * np.array([w2 * da1, a1])
    return tuple(2 * (y - t) * np.array([w3 * da2[0], w3 * da2[1], a2]))


@chain_squared_gradients.accepted("complex_step", says="not a formula, exact all the same")
def _(w1, w2, w3, x, t, cache):
    w = np.array([w1, w2, w3], dtype=complex)
    steps = 1e-30j * np.eye(3)
    return tuple(np.imag(chain_squared_loss(*(w + step), x, t)) / 1e-30 for step in steps)


def wrong(answer_id, says, hint, dy="2 * (y - t)", slope="a * (1 - a)", result="", **factors):
    """A misconception: the right way back, in which some of the factors are others."""
    f = {"w3": "w3", "w2": "w2", "s2": "slope(z2, a2)", "s1": "slope(z1, a1)", "in3": "a2", "in2": "a1", "in1": "x"}
    f |= factors
    steps = (
        f"slope := lambda z, a: {slope}",
        f"dy := {dy}",
        f"dz2 := dy * {f['w3']} * {f['s2']}",
        f"dz1 := dz2 * {f['w2']} * {f['s1']}",
    )
    result = result or f"dz1 * {f['in1']}, dz2 * {f['in2']}, dy * {f['in3']}"
    way_back = "".join(f"    ({step}),\n" for step in steps)
    source = f"lambda {SIGNATURE}: (lambda z1, a1, z2, a2, y: (\n{way_back}    ({result}),\n)[-1])(*cache)"
    chain_squared_gradients.misconception(answer_id, says=says, hint=hint, source=source)


LIST = "Count the lines of the forward pass between this weight and the loss. Each of them brings one factor."

wrong(
    "factor_two_missing",
    "The slope of the square lacks its factor 2; half the square would have it so.",
    "Differentiate (t - y)² by the power rule.",
    dy="y - t",
)
wrong(
    "target_and_prediction_exchanged",
    "The slope of (t - y)² has the wrong sign: the inner derivative of t - y is left out.",
    "Should the loss rise or fall when y grows above t?",
    dy="2 * (t - y)",
)
wrong(
    "output_slope_kept",
    "The slope of a last sigmoid is in it, written as y(1 - y); this chain has no sigmoid at its end.",
    "Which line of the forward pass stands between w3 * a2 and y here?",
    dy="2 * (y - t) * y * (1 - y)",
)
wrong(
    "output_slope_of_a_sigmoid",
    "The slope of a sigmoid at y is in it; this chain has no sigmoid at its end.",
    "Which line of the forward pass stands between w3 * a2 and y here?",
    dy="2 * (y - t) * sigmoid(y) * (1 - sigmoid(y))",
)
wrong(
    "cross_entropy_kept",
    "The backward pass starts with the slope of the cross-entropy; the loss here is squared.",
    "What is the derivative of (t - y)² with respect to y?",
    dy="-t / y + (1 - t) / (1 - y)",
)
wrong(
    "loss_for_its_slope",
    "The loss itself is passed back, and not its slope.",
    "Differentiate the loss with respect to y first.",
    dy="(t - y) ** 2",
)
wrong(
    "loss_left_out",
    "These are the slopes of y: the slope of the loss with respect to y is missing.",
    "Does your result depend on t?",
    dy="1",
)
wrong(
    "a1_missing",
    "In dw2 the factor that enters the second unit is missing.",
    LIST,
    in2="1",
)
wrong("w2_missing", "In dw1 the factor w2 is missing.", LIST, w2="1")
wrong(
    "a2_missing",
    "For dw3 the slope of the loss with respect to y is returned: the factor that w3 is multiplied by is missing.",
    LIST,
    in3="1",
)
wrong("first_slope_missing", "In dw1 the slope of the first unit is missing.", LIST, s1="1")
wrong("second_slope_missing", "In dw2 and dw1 the slope of the second unit is missing.", LIST, s2="1")
wrong("hidden_slopes_missing", "The slopes of both hidden units are missing.", LIST, s1="1", s2="1")
wrong("w3_missing", "In dw2 and dw1 the factor w3 is missing.", LIST, w3="1")
wrong("x_missing", "In dw1 the factor that enters the first unit is missing.", LIST, in1="1")
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
    "y is the product of w3 and which number of the cache?",
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
    "Which weight stands between a2 and y?",
    w3="w2",
    w2="w1",
)
wrong(
    "order_of_results",
    "The slopes are returned from the last weight to the first.",
    "Read the docstring: which one comes first?",
    result="dy * a2, dz2 * a1, dz1 * x",
)


@chain_squared_gradients.misconception(
    "forward_difference",
    says="This is a forward difference, whose truncation error is visible; the formulas were asked for.",
    hint="Write each slope as a product of numbers from the cache.",
)
def _(w1, w2, w3, x, t, cache):
    w, h = np.array([w1, w2, w3], dtype=float), 1e-5
    base = chain_squared_loss(w1, w2, w3, x, t)
    return tuple((chain_squared_loss(*(w + step), x, t) - base) / h for step in h * np.eye(3))
