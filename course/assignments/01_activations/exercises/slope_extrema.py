"""The extrema of the sigmoid's slope."""

from autograder.authoring import VALUE, Exercise

slope_extrema = Exercise(
    "slope_extrema",
    title="Where the sigmoid is steepest",
    kind=VALUE,
    decimals=4,
    covers=("S003-07",),
)

slope_extrema.accepted("integers", says="integers where they suffice", answer=[0, 0.25, 0])
slope_extrema.accepted("tuple", says="a tuple", answer=(0.0, 0.25, 0.0))

slope_extrema.misconception(
    "slope_to_minus_infinity",
    says="The slope is said to fall to minus infinity; but the sigmoid never falls, so its slope is never negative.",
    hint="What does the curve of the sigmoid look like far out: steep or flat?",
    source="[0.0, 0.25, -np.inf]",
)
slope_extrema.misconception(
    "value_for_slope",
    says="The second number is the value of the sigmoid at 0 and not its slope there.",
    hint="The slope is a product of two numbers. Which ones, at x = 0?",
    answer=[0.0, 0.5, 0.0],
)
slope_extrema.misconception(
    "extrema_of_the_sigmoid",
    says="This describes the sigmoid itself and not its slope.",
    hint="The question is about the derivative: how steep is the curve, and where?",
    answer=[0.0, 1.0, 0.0],
)
slope_extrema.misconception(
    "s_for_x",
    says="The first number is the value s at which s(1 - s) is largest, and not the x that belongs to it.",
    hint="At which x does the sigmoid have the value that you found?",
    answer=[0.5, 0.25, 0.0],
)
slope_extrema.misconception(
    "mirrored_infimum",
    says="The infimum is taken as the negative of the maximum, as for an odd function; the slope is even.",
    hint="Compare the slopes at x and at -x, and their signs.",
    answer=[0.0, 0.25, -0.25],
)
slope_extrema.misconception(
    "maximum_and_place_exchanged",
    says="The place of the maximum and its size are exchanged.",
    hint="Read the order of the three numbers once more.",
    answer=[0.25, 0.0, 0.0],
)
