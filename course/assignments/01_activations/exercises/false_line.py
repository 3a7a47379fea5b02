"""The one false line of a derivation of the logarithm of the sigmoid."""

from autograder.authoring import VALUE, Exercise

# Whole numbers; with two decimals, because a value may be off by a little more than a unit of its last decimal.
false_line = Exercise(
    "false_line",
    title="The false line",
    kind=VALUE,
    decimals=2,
    covers=("S002-02",),
)

false_line.accepted("float", says="a float", answer=5.0)

false_line.misconception(
    "line_2",
    says="Line 2 is right: numerator and denominator are multiplied by the same number.",
    hint="By which number is 1 / (1 + exp(-x)) extended?",
    answer=2,
)
false_line.misconception(
    "line_3",
    says="Line 3 is right: the logarithm of a quotient is a difference, and ln(exp(x/2)) is x/2.",
    hint="Which rule of the logarithm leads from each line to the next? Read on.",
    answer=3,
)
false_line.misconception(
    "line_4",
    says="Line 4 is right: a factor is taken out of the sum.",
    hint="Multiply exp(x/2) * (1 + exp(-x)) out. Then read on.",
    answer=4,
)
false_line.misconception(
    "line_6",
    says="Line 6 is not the logarithm of the sigmoid, but it follows from line 5.",
    hint="The false line is the first that is not equal to the one above it.",
    answer=6,
)
false_line.misconception(
    "line_7",
    says="Line 7 is not the logarithm of the sigmoid, but it follows from line 6.",
    hint="The false line is the first that is not equal to the one above it.",
    answer=7,
)
