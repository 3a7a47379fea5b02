"""The shape that broadcasting gives."""

from autograder.authoring import VALUE, Exercise

result_shape = Exercise("result_shape", title="The shape of a result", kind=VALUE)

result_shape.accepted("tuple", says="a tuple", answer=(3, 4, 5))
result_shape.accepted("floats", says="numbers with a point", answer=[3.0, 4.0, 5.0])
result_shape.accepted("computed", says="asked from NumPy", source="list(np.broadcast_shapes((3, 1, 5), (4, 1)))")

result_shape.misconception(
    "shapes_lined_up_on_the_left",
    says="The shapes are lined up on the left; the rule starts at the last axis.",
    hint="Write (4, 1) below (3, 1, 5) so that both end at the right. What stands above the 4?",
    answer=[3, 4, 1],
)
result_shape.misconception(
    "only_the_longer_shape",
    says="This is the shape of A alone; where A has the size 1, B decides.",
    hint="What becomes of the size 1 in the middle?",
    answer=[3, 1, 5],
)
result_shape.misconception(
    "sizes_added",
    says="Sizes are added; the rule takes the one that is not 1.",
    hint="Compare the middle axis with the rule: which size does a pair of 1 and 4 get?",
    answer=[3, 5, 6],
)
result_shape.misconception(
    "smaller_sizes",
    says="For each axis the smaller size is taken; it is the larger one that stays.",
    hint="A size of 1 is repeated until it fits. Which of the two sizes is left?",
    answer=[1, 1, 1],
)
result_shape.misconception(
    "two_axes",
    says="One axis is lost: the result has as many axes as the operand with the most.",
    hint="How many axes does A have?",
    answer=[4, 5],
)
result_shape.misconception(
    "shapes_in_a_row",
    says="The two shapes are written one after the other; broadcasting puts them one below the other.",
    hint="The result has as many axes as the longer of the two shapes.",
    answer=[3, 1, 5, 4, 1],
)
