"""The loss of a network that knows nothing."""

import numpy as np

from autograder.authoring import TEXT, Exercise, case

uniform_loss = Exercise(
    "uniform_loss",
    title="The loss of a uniform prediction",
    kind=TEXT,
    functions=("log", "exp"),
    covers=("S000-03",),
)


@uniform_loss.cases
def _(rng):
    C = rng.permutation(np.arange(3.0, 12.0))
    yield case("several C, one epsilon for each", {"C": C, "epsilon": rng.uniform(0.05, 0.9, size=C.size)})
    C = np.array([2.0, 10.0, float(rng.integers(50, 200)), 1000.0])
    yield case("no smoothing and full smoothing", {"C": C, "epsilon": np.array([0.0, 0.0, 1.0, 1.0])})


uniform_loss.accepted("quotient", says="minus the logarithm of a probability", answer="-log(1 / C)")
uniform_loss.accepted(
    "not_simplified",
    says="both terms of the smoothed label",
    answer="-(1 - epsilon) * log(1/C) - C * epsilon / C * log(1/C)",
)
uniform_loss.accepted("power", says="the logarithm of a power", answer="-log(C**(-1))")
uniform_loss.accepted("right_and_wrong", answer="(1 - epsilon + epsilon/C + (C - 1) * epsilon / C) * log(C)")

LABELS = "What is the sum of all smoothed labels of a row?"
for answer_id, says, hint, answer in (
    ("minus_left_over", "The sign is wrong: a loss is not negative.", "What is the sign of ln(1/C)?", "-log(C)"),
    (
        "probability",
        "This is the probability of a class and not its loss.",
        "Which function makes a loss of a probability?",
        "1 / C",
    ),
    ("two_classes", "This is the loss for two classes.", "Does your formula depend on C?", "log(2)"),
    ("mean_over_classes", "There is a mean over the classes; the loss is a sum with weights.", LABELS, "log(C) / C"),
    ("sum_over_classes", "Each class is counted with the weight 1 and not with its label.", LABELS, "C * log(C)"),
    (
        "one_hot_part_only",
        "Only the part of the one-hot label is counted; the part that is spread is missing.",
        LABELS,
        "(1 - epsilon) * log(C)",
    ),
    (
        "right_class_only",
        "Only the right class is counted; with smoothed labels the others have a loss, too.",
        LABELS,
        "(1 - epsilon + epsilon / C) * log(C)",
    ),
    (
        "epsilon_for_each_class",
        "Each class gets the whole epsilon; the weights do not sum to 1.",
        LABELS,
        "(1 - epsilon + C * epsilon) * log(C)",
    ),
    (
        "factor_forgotten",
        "The spread part is added, and nothing is taken away from the label; the weights sum to 1 + epsilon.",
        LABELS,
        "(1 + epsilon) * log(C)",
    ),
    (
        "other_classes",
        "The number of wrong classes, C - 1, stands where the number of classes belongs.",
        "How probable is each class?",
        "log(C - 1)",
    ),
    ("loss_zero", "The loss is 0 only for a prediction that is sure and right.", "How large is -ln(1/2)?", "0"),
    (
        "label_in_the_logarithm",
        "The logarithm is taken of the label; it belongs to the probability.",
        "In -Ys ln p, which of the two stands in the logarithm?",
        "-log(1 - epsilon + epsilon / C)",
    ),
    (
        "base_two",
        "The logarithm has base 2; in this course all logarithms are natural.",
        "What is the base of ln?",
        "log(C) / log(2)",
    ),
    ("exponential", "This is exp where the logarithm belongs.", "Which function makes a loss of p?", "exp(-1 / C)"),
):
    uniform_loss.misconception(answer_id, says=says, hint=hint, answer=answer)
