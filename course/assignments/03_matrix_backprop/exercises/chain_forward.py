"""The cache of three sigmoid units in a row."""

import numpy as np

from autograder.authoring import Exercise, case

chain_forward = Exercise(
    "chain_forward",
    title="Forward along a chain of three units",
    parts={"hidden units": 0.5, "output": 0.5},
    outputs=("z1", "a1", "z2", "a2", "z3", "y"),
    covers=("S003-08",),
)


def draw(rng, count):
    """Numbers of both signs that leave no sigmoid at its ends."""
    return [float(v) for v in rng.choice([-1.0, 1.0], size=count) * rng.uniform(0.4, 1.8, size=count)]


@chain_forward.cases
def _(rng):
    for pick in range(6):
        mine = {"part": "hidden units" if pick < 4 else "output", "pick": pick}
        yield case("four numbers", *draw(rng, 4), **mine)
        yield case("other numbers, a negative x", *draw(rng, 3), -float(rng.uniform(0.4, 1.8)), **mine)
        numbers = [int(v) for v in rng.permutation([-2, -1, 1, 2])]
        yield case("integers", *numbers, **mine)


@chain_forward.accepted("loop", says="a loop over the weights")
def _(w1, w2, w3, x):
    cache, a = [], x
    for w in (w1, w2, w3):
        z = w * a
        a = sigmoid(z)
        cache += [z, a]
    return tuple(cache)


@chain_forward.accepted("by_tanh", says="the sigmoid written with tanh")
def _(w1, w2, w3, x):
    def s(z):
        return (1 + np.tanh(z / 2)) / 2

    z1 = w1 * x
    z2 = w2 * s(z1)
    z3 = w3 * s(z2)
    return z1, s(z1), z2, s(z2), z3, s(z3)


@chain_forward.accepted("math", says="the math module, and a list instead of a tuple")
def _(w1, w2, w3, x):
    import math

    a1 = 1 / (1 + math.exp(-w1 * x))
    a2 = 1 / (1 + math.exp(-w2 * a1))
    return [w1 * x, a1, w2 * a1, a2, w3 * a2, 1 / (1 + math.exp(-w3 * a2))]


@chain_forward.accepted("array", says="one array with six entries, as far as it can be unpacked")
def _(w1, w2, w3, x):
    v = np.zeros(6)
    v[0] = w1 * x
    v[1] = sigmoid(v[0])
    v[2] = w2 * v[1]
    v[3] = sigmoid(v[2])
    v[4] = w3 * v[3]
    v[5] = sigmoid(v[4])
    return tuple(v)


@chain_forward.misconception(
    "last_sigmoid_missing",
    says="The last unit sends on its z3: its sigmoid is missing.",
    hint="How many sigmoids stand in the formula of y, and how many in your code?",
)
def _(w1, w2, w3, x):
    a1 = sigmoid(w1 * x)
    a2 = sigmoid(w2 * a1)
    return w1 * x, a1, w2 * a1, a2, w3 * a2, w3 * a2


@chain_forward.misconception(
    "no_hidden_sigmoid",
    says="The hidden units send on what they get: only the last unit has its sigmoid.",
    hint="What lies between z1 and a1?",
)
def _(w1, w2, w3, x):
    z1 = w1 * x
    z2 = w2 * z1
    z3 = w3 * z2
    return z1, z1, z2, z2, z3, sigmoid(z3)


@chain_forward.misconception(
    "z_passed_on",
    says="The next unit gets z, what the unit before has got, and not a, what it sends on.",
    hint="Which of your six names are used in a later line, and which should be?",
)
def _(w1, w2, w3, x):
    z1 = w1 * x
    z2 = w2 * z1
    z3 = w3 * z2
    return z1, sigmoid(z1), z2, sigmoid(z2), z3, sigmoid(z3)


@chain_forward.misconception(
    "sigmoid_of_the_input",
    says="The input x goes through a sigmoid before the first unit.",
    hint="What does the formula multiply by w1?",
)
def _(w1, w2, w3, x):
    z1 = w1 * sigmoid(x)
    z2 = w2 * sigmoid(z1)
    z3 = w3 * sigmoid(z2)
    return z1, sigmoid(z1), z2, sigmoid(z2), z3, sigmoid(z3)


@chain_forward.misconception(
    "weights_in_reverse",
    says="The weights are used from the last to the first: x meets w3.",
    hint="Read the formula from the inside to the outside: which weight stands next to x?",
)
def _(w1, w2, w3, x):
    z1 = w3 * x
    z2 = w2 * sigmoid(z1)
    z3 = w1 * sigmoid(z2)
    return z1, sigmoid(z1), z2, sigmoid(z2), z3, sigmoid(z3)


@chain_forward.misconception(
    "exponent_sign",
    says="The sigmoid has a wrong sign in its exponent, so it falls where it should rise.",
    hint="Is your a1 above 1/2 when z1 is positive?",
)
def _(w1, w2, w3, x):
    def s(z):
        return 1 / (1 + np.exp(z))

    z1 = w1 * x
    z2 = w2 * s(z1)
    z3 = w3 * s(z2)
    return z1, s(z1), z2, s(z2), z3, s(z3)


@chain_forward.misconception(
    "exponent_sign_at_the_output",
    says="The last sigmoid alone has a wrong sign in its exponent.",
    hint="Is your y above 1/2 when z3 is positive?",
)
def _(w1, w2, w3, x):
    z1 = w1 * x
    z2 = w2 * sigmoid(z1)
    z3 = w3 * sigmoid(z2)
    return z1, sigmoid(z1), z2, sigmoid(z2), z3, sigmoid(-z3)


@chain_forward.misconception(
    "tanh_instead_of_sigmoid",
    says="The units have the activation tanh and not the sigmoid.",
    hint="Between which two numbers must every a lie?",
)
def _(w1, w2, w3, x):
    z1 = w1 * x
    z2 = w2 * np.tanh(z1)
    z3 = w3 * np.tanh(z2)
    return z1, np.tanh(z1), z2, np.tanh(z2), z3, np.tanh(z3)


@chain_forward.misconception(
    "rounded_on_the_way",
    says="The results are rounded to two decimals on the way, so the later ones are off.",
    hint="Keep all digits in the cache, and round only what you print.",
)
def _(w1, w2, w3, x):
    cache, a = [], x
    for w in (w1, w2, w3):
        z = round(w * a, 2)
        a = round(float(sigmoid(z)), 2)
        cache += [z, a]
    return tuple(cache)


@chain_forward.misconception(
    "order_of_the_cache",
    says="All z stand before all a, where each z is followed by its a.",
    hint="Read the docstring: in which order do the six numbers stand?",
)
def _(w1, w2, w3, x):
    a1 = sigmoid(w1 * x)
    a2 = sigmoid(w2 * a1)
    return w1 * x, w2 * a1, w3 * a2, a1, a2, sigmoid(w3 * a2)


@chain_forward.misconception(
    "only_the_output",
    says="Only y is returned; the backward pass needs the whole cache.",
    hint="How many results does the docstring name?",
)
def _(w1, w2, w3, x):
    return sigmoid(w3 * sigmoid(w2 * sigmoid(w1 * x)))


@chain_forward.misconception(
    "weight_after_the_sigmoid",
    says="The weight is applied after the sigmoid of its unit and not before.",
    hint="Is w1 inside or outside the innermost brackets of the formula?",
)
def _(w1, w2, w3, x):
    a1 = w1 * sigmoid(x)
    a2 = w2 * sigmoid(a1)
    return x, a1, a1, a2, a2, w3 * sigmoid(a2)


@chain_forward.misconception(
    "weight_added",
    says="The weight is added to what arrives, as a bias would be; it is a factor.",
    hint="Which operation stands between w1 and x?",
)
def _(w1, w2, w3, x):
    z1 = w1 + x
    z2 = w2 + sigmoid(z1)
    z3 = w3 + sigmoid(z2)
    return z1, sigmoid(z1), z2, sigmoid(z2), z3, sigmoid(z3)


@chain_forward.misconception(
    "one_weight_for_all",
    says="All three units use w1.",
    hint="Which weight belongs to which unit?",
)
def _(w1, w2, w3, x):
    z1 = w1 * x
    z2 = w1 * sigmoid(z1)
    z3 = w1 * sigmoid(z2)
    return z1, sigmoid(z1), z2, sigmoid(z2), z3, sigmoid(z3)


@chain_forward.misconception(
    "slopes_instead_of_values",
    says="The slope a(1 - a) is sent on instead of the value a.",
    hint="The slope belongs to the backward pass. What does a unit send forward?",
)
def _(w1, w2, w3, x):
    def s(z):
        return sigmoid(z) * (1 - sigmoid(z))

    z1 = w1 * x
    z2 = w2 * s(z1)
    z3 = w3 * s(z2)
    return z1, s(z1), z2, s(z2), z3, s(z3)
