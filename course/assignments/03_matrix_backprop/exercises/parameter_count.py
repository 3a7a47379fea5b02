"""How many parameters a network with one hidden layer has."""

import numpy as np

from autograder.authoring import TEXT, Exercise, case

parameter_count = Exercise(
    "parameter_count",
    title="The number of parameters",
    kind=TEXT,
    covers=("S002-17",),
)


@parameter_count.cases
def _(rng):
    def draw(low, high):
        return rng.integers(low, high, size=6).astype(float)

    yield case("small networks", {"d": draw(2, 9), "H": draw(2, 9), "C": draw(2, 9)})
    yield case("large networks", {"d": draw(100, 900), "H": draw(10, 90), "C": draw(2, 30)})
    yield case("one unit in each layer", {"d": np.ones(1), "H": np.ones(1), "C": np.ones(1)})


parameter_count.accepted("expanded", says="weights and biases one by one", answer="d*H + H + H*C + C")
parameter_count.accepted("by_hidden_unit", says="what each hidden unit brings", answer="H * (d + 1 + C) + C")
parameter_count.accepted("outputs_first", says="the output layer first", answer="(H + 1) * C + (1 + d) * H")
parameter_count.accepted("completed", says="a product and a correction", answer="(d + C + 1) * (H + 1) - d - 1")


def wrong(answer_id, says, hint, answer):
    parameter_count.misconception(answer_id, says=says, hint=hint, answer=answer)


wrong("no_biases", "The biases are not counted.", "How many biases has the hidden layer?", "H * d + C * H")
wrong(
    "hidden_biases_only",
    "The biases of the outputs are not counted.",
    "Which units have a bias?",
    "H * (d + 1) + C * H",
)
wrong(
    "output_biases_only",
    "The biases of the hidden units are not counted.",
    "Which units have a bias?",
    "H * d + C * (H + 1)",
)
wrong(
    "one_bias_for_a_layer",
    "Each layer has one bias here; each unit has its own.",
    "What is the shape of the bias of a layer?",
    "H * d + 1 + C * H + 1",
)
wrong(
    "biases_of_the_inputs",
    "The biases are counted with the units that send; they belong to the units that receive.",
    "Does an input have a bias?",
    "d * (H + 1) + H * (C + 1)",
)
wrong(
    "layers_multiplied",
    "The numbers of the two layers are multiplied; parameters of different layers are added.",
    "Test your formula with d = 3, H = 4, C = 5.",
    "H * (d + 1) * C * (H + 1)",
)
wrong(
    "without_the_hidden_layer",
    "This is a network without a hidden layer.",
    "Which two pairs of layers are connected?",
    "C * (d + 1)",
)
wrong(
    "hidden_layer_only",
    "The output layer is missing.",
    "Which two pairs of layers are connected?",
    "H * (d + 1)",
)
wrong(
    "outputs_see_the_inputs",
    "The outputs are connected to the inputs; they get what the hidden units send.",
    "How many numbers arrive at an output unit?",
    "H * (d + 1) + C * (d + 1)",
)
wrong(
    "units_counted",
    "The units are counted, and not their weights and biases.",
    "How many weights has one hidden unit?",
    "d + H + C",
)
wrong(
    "hidden_and_output_exchanged",
    "H and C are exchanged: the inputs are connected to C units, and those to H.",
    "Which units does an input send to?",
    "C * (d + 1) + H * (C + 1)",
)
wrong(
    "a_bias_for_each_weight",
    "Each weight has a bias of its own here; a unit has one, however many weights it has.",
    "Write out the sum that one unit computes. How many summands have no weight?",
    "2 * (H * d + C * H)",
)
wrong(
    "inputs_counted_too",
    "The inputs are counted too; they are data and not parameters.",
    "Which of the numbers does training change?",
    "H * (d + 1) + C * (H + 1) + d",
)
