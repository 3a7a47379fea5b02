"""The sign written with indicators."""

import numpy as np

from autograder.authoring import TEXT, Exercise, case, spread

sign_formula = Exercise(
    "sign_formula",
    title="The sign written with indicators",
    kind=TEXT,
    functions=("indicator",),
    covers=("S002-05",),
)


@sign_formula.cases
def _(rng):
    x = np.concatenate([spread(rng, 6), [0.0, 0.0], [-0.5, 1.5]])
    yield case("numbers of both signs, and exact zeros", {"x": rng.permutation(x)})
    yield case("integers", {"x": rng.permutation([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])})


sign_formula.accepted("weak_inequalities", says="weak inequalities", answer="indicator(x >= 0) - indicator(x <= 0)")
sign_formula.accepted("with_equality", says="0 on its own", answer="2*indicator(x > 0) + indicator(x == 0) - 1")
sign_formula.accepted("mixed", says="strict and weak", answer="indicator(x > 0) + indicator(x >= 0) - 1")

sign_formula.misconception(
    "minus_one_at_zero",
    says="At x = 0 the formula gives -1, and sign(0) is 0.",
    hint="Put x = 0 into your formula.",
    answer="2 * indicator(x > 0) - 1",
)
sign_formula.misconception(
    "plus_one_at_zero",
    says="At x = 0 the formula gives 1, and sign(0) is 0.",
    hint="Put x = 0 into your formula.",
    answer="2 * indicator(x >= 0) - 1",
)
sign_formula.misconception(
    "negative_side_missing",
    says="For a negative x the formula gives 0: only the positive side is there.",
    hint="Put x = -2 into your formula.",
    answer="indicator(x > 0)",
)
sign_formula.misconception(
    "sides_added",
    says="Both sides are added, so a negative x gets 1 as well.",
    hint="Put x = -2 into your formula.",
    answer="indicator(x > 0) + indicator(x < 0)",
)
sign_formula.misconception(
    "sides_exchanged",
    says="The two sides are exchanged: a positive x gets -1.",
    hint="Put x = 2 into your formula.",
    answer="indicator(x < 0) - indicator(x > 0)",
)
sign_formula.misconception(
    "absolute_value",
    says="This is the absolute value of x and not its sign.",
    hint="Which three values can sign(x) take?",
    answer="x * indicator(x > 0) - x * indicator(x < 0)",
)
