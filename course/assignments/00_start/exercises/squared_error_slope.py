"""The slope of a squared error, as a formula in text."""

from autograder.authoring import TEXT, Exercise, case, spread

squared_error_slope = Exercise("squared_error_slope", title="The slope of a squared error", kind=TEXT)


@squared_error_slope.cases
def _(rng):
    yield case("numbers of both signs", {"p": spread(rng, 8), "y": spread(rng, 8)})
    yield case("probabilities and classes", {"p": rng.uniform(0.1, 0.9, size=6), "y": 1.0 * rng.integers(0, 2, size=6)})


squared_error_slope.accepted("expanded", says="without brackets", answer="2*p - 2*y")
squared_error_slope.accepted("two_signs", says="two minus signs", answer="-2 * (y - p)")
squared_error_slope.accepted("sum", says="a sum of two equal terms", answer="(p - y) + (p - y)")
squared_error_slope.accepted("divided", says="divided by a half", answer="(p - y) / 0.5")

squared_error_slope.misconception(
    "slope_in_y",
    says="The sign is wrong: this is the slope if y moves, and p moves here.",
    hint="If p is larger than y and grows further, does the error grow or fall?",
    answer="2 * (y - p)",
)
squared_error_slope.misconception(
    "factor_missing",
    says="The factor that the square brings down is missing.",
    hint="What is the slope of u**2?",
    answer="p - y",
)
squared_error_slope.misconception(
    "brackets_missing",
    says="The factor reaches only p: the brackets are missing.",
    hint="Put p = y into your formula. What should come out there?",
    answer="2 * p - y",
)
squared_error_slope.misconception(
    "not_differentiated",
    says="This is the squared error itself and not its slope.",
    hint="Put p = 3 and y = 0 into your formula: is 9 the value or the slope?",
    answer="(p - y) ** 2",
)
squared_error_slope.misconception(
    "y_dropped",
    says="y is a constant here, but it stays inside the bracket; only its own slope is 0.",
    hint="Put p = y into your formula. What should come out there?",
    answer="2 * p",
)
squared_error_slope.misconception(
    "squared_and_doubled",
    says="The formula has the factor but squares the difference as well.",
    hint="Which power does the slope of u**2 have?",
    answer="2 * (p - y) ** 2",
)
