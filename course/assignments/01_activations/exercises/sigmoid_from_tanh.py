"""The sigmoid written with tanh."""

import numpy as np

from autograder.authoring import TEXT, Exercise, case, spread

sigmoid_from_tanh = Exercise(
    "sigmoid_from_tanh",
    title="The sigmoid written with tanh",
    kind=TEXT,
    functions=("tanh",),
    covers=("S002-01",),
)


@sigmoid_from_tanh.cases
def _(rng):
    yield case("numbers of both signs", {"x": spread(rng, 12)})
    yield case("numbers close to 0", {"x": np.append(0.3 * rng.normal(size=5), 0.0)})


sigmoid_from_tanh.accepted("factored", says="the half outside", answer="0.5 * (1 + tanh(0.5 * x))")
sigmoid_from_tanh.accepted("expanded", says="NumPy's spelling", answer="np.tanh(x / 2) / 2 + 1 / 2")
sigmoid_from_tanh.accepted(
    "double_angle",
    says="the double angle formula on the way",
    answer="(1 + 2*tanh(x/4) / (1 + tanh(x/4)^2)) / 2",
)
sigmoid_from_tanh.accepted("quotient", says="a fraction", answer="1 / (1 + (1 - tanh(x/2)) / (1 + tanh(x/2)))")

sigmoid_from_tanh.misconception(
    "argument_not_halved",
    says="The curve is twice as steep as the sigmoid: tanh gets x, and the two curves run at different speeds.",
    hint="Compare the slopes of both curves at 0, or the numbers at x = 1.",
    answer="(tanh(x) + 1) / 2",
)
sigmoid_from_tanh.misconception(
    "argument_doubled",
    says="The speed is changed in the wrong direction: tanh is already the faster one of the two.",
    hint="Which of the two curves comes closer to its limit at x = 3?",
    answer="(tanh(2 * x) + 1) / 2",
)
sigmoid_from_tanh.misconception(
    "not_scaled",
    says="The values lie between 0 and 2: the height of tanh has not been adapted.",
    hint="tanh covers an interval of length 2; how long is that of the sigmoid?",
    answer="tanh(x / 2) + 1",
)
sigmoid_from_tanh.misconception(
    "not_shifted",
    says="The values lie between -1/2 and 1/2: the curve is not lifted.",
    hint="Put x = 0 into both sides.",
    answer="tanh(x / 2) / 2",
)
sigmoid_from_tanh.misconception(
    "brackets",
    says="The division covers only one of the two terms, so the values lie between 1/2 and 3/2.",
    hint="Put x = 0 into both sides and look at your brackets.",
    answer="tanh(x / 2) / 2 + 1",
)
sigmoid_from_tanh.misconception(
    "mirrored",
    says="This is the sigmoid of -x: it falls where it should rise.",
    hint="Is the result larger at x = 5 or at x = -5?",
    answer="(1 - tanh(x / 2)) / 2",
)
sigmoid_from_tanh.misconception(
    "inverse_relation",
    says="The two functions are exchanged: this has the form of tanh(x) = 2 sigmoid(2x) - 1, which gives tanh.",
    hint="Which values can your formula take, and which can the sigmoid take?",
    answer="2 * tanh(2 * x) - 1",
)
