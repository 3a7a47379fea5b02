"""Exercises of the small assignment."""

import numpy as np

from autograder.authoring import TEXT, VALUE, Exercise, case

RECORDED = {"curve": lambda names: names["square"](np.linspace(-1, 1, 5))}
WITHHELD = ("mlp_utils.gradients.gradcheck",)

square = Exercise("square", title="The square", parts={"small": 1, "large": 2})


@square.cases
def _(rng):
    yield case("a matrix", rng.normal(size=(3, 4)), part="small", entrywise=True)
    yield case("large numbers", 1e3 + rng.normal(size=5), part="large", entrywise=True)


@square.accepted("power", says="a power instead of a product")
def _(x):
    return x**2


@square.misconception("doubled", says="The number is doubled and not squared.", hint="What is the square of 3?")
def _(x):
    return 2 * x


@square.misconception("clipped", says="Large numbers are cut off.", hint="Try 1000.")
def _(x):
    return np.minimum(x * x, 100.0)


square_slope = Exercise("square_slope", title="The slope of the square", loss="square", wrt="x")


@square_slope.cases
def _(rng):
    yield case("a vector", rng.normal(size=6))
    yield case("zeros", np.zeros(4))


@square_slope.accepted("sum")
def _(x):
    return x + x


@square_slope.misconception(
    "power_rule", says="The power rule lost its factor.", hint="Differentiate x·x as a product."
)
def _(x):
    return 1.0 * x


root = Exercise("root", title="The root of two", kind=VALUE, decimals=4)
root.misconception("half", says="That is half of two.", hint="Square your number.", answer=1.0)

double_angle = Exercise("double_angle", title="tanh of twice the angle", kind=TEXT, functions=("tanh",))


@double_angle.cases
def _(rng):
    yield case("random x", {"x": rng.normal(size=8)})


double_angle.accepted("other_order", answer="(tanh(x) + tanh(x)) / (tanh(x)*tanh(x) + 1)")
double_angle.misconception("linear", says="tanh is not linear.", hint="Try x = 10.", answer="2 * tanh(x)")
