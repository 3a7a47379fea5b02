"""Claimed gradients of several arrays, compared with central differences array by array."""

import numpy as np
from mlp_utils import testbed

from autograder.authoring import Exercise, Program, case, sizes, spread, whole

compare_gradients = Exercise(
    "compare_gradients",
    title="A comparison array by array",
    parts={"numerical": 2, "ratios": 1, "errors": 1},
    outputs=("numerical", "ratios", "errors"),
    analytic=False,
    covers=("S002-33", "S002-34", "S002-36"),
)


def of_waves(arrays):
    return [
        (a + 1) * np.arange(1.0, p.size + 1).reshape(p.shape) * np.cos(np.asarray(p, dtype=float))
        for a, p in enumerate(arrays)
    ]


def of_well(arrays):
    return [2 * p / (1 + sum(np.sum(q**2) for q in arrays)) for p in arrays]


def shuffled(rng, gradients):
    """The gradients with mistakes of several sizes: sizes and directions that one number for all would hide."""
    wrong = [g.copy() for g in gradients]
    wrong[0] *= float(rng.uniform(2, 6))
    wrong[1] *= -1
    wrong[2].flat[0] += 1.5 * np.linalg.norm(wrong[2])
    wrong[3] *= 1 + 1e-3 * float(rng.uniform(1, 3))
    return tuple(wrong)


def four(rng):
    d, H, C = sizes(rng, 3, 2, 5)
    return tuple(0.4 * spread(rng, *shape) for shape in ((d, H), (H,), (H, C), (C,)))


def one_sided(rng):
    """Arrays of joint_well and claims: single zeros in both gradients, n zero, g zero, and a claim that is right."""
    arrays = four(rng)
    arrays[0].flat[0] = 0
    arrays[1][:] = 0
    claims = [g.copy() for g in of_well(arrays)]
    claims[0] *= 2
    claims[1] = spread(rng, *arrays[1].shape)
    claims[2][:] = 0
    return arrays, tuple(claims)


@compare_gradients.cases
def _(rng):
    t = testbed
    # With a large step the truncation of the formula is far above the tolerance.
    mine = {"part": "numerical", "pick": 0}
    arrays = four(rng)
    yield case("four arrays, h = 0.1", t.waves, arrays, shuffled(rng, of_waves(arrays)), 0.1, **mine)
    arrays = four(rng)
    yield case("a loss that joins four arrays, h = 0.1", t.joint_well, arrays, tuple(of_well(arrays)), 0.1, **mine)
    arrays = (whole(rng, 3), 0.4 * spread(rng, 2, 3), whole(rng, 4), 0.4 * spread(rng, 2))
    yield case("two of the arrays hold integers", t.waves, arrays, tuple(of_waves(arrays)), 1e-3, **mine, rtol=1e-6)
    for pick, part in ((1, "ratios"), (2, "errors")):
        mine = {"part": part, "pick": pick, "rtol": 1e-5, "atol": 1e-7}
        arrays = four(rng)
        yield case("four wrong gradients", t.waves, arrays, shuffled(rng, of_waves(arrays)), 1e-5, **mine)
        arrays = four(rng)
        yield case("a loss that joins four arrays", t.joint_well, arrays, shuffled(rng, of_well(arrays)), 1e-5, **mine)
        yield case("zeros on one side", t.joint_well, *one_sided(rng), 1e-5, **mine)
        zeros = tuple(np.zeros(p.shape) for p in arrays)
        yield case("all gradients are zero", t.joint_well, zeros, zeros, 1e-5, **mine)


way = Program(
    "loss, parameters, gradients, h=1e-5",
    {
        "start": "parameters = [np.array(p, dtype=float) for p in parameters]\nnumerical, ratios, errors = [], [], []",
        "for": "for p, g in zip(parameters, gradients):\n    n = np.zeros(p.shape)",
        "entries": "    for index in np.ndindex(p.shape):\n        old = p[index]",
        "above": "        p[index] = old + h\n        above = loss(parameters)",
        "below": "        p[index] = old - h\n        below = loss(parameters)",
        "restore": "        p[index] = old",
        "slope": "        n[index] = (above - below) / (2 * h)",
        "keep": "    numerical.append(n.ravel())",
        "ratio": "    size = np.sum(n * n)\n    ratios.append(np.sum(g * n) / size if size > 0 else 0.0)",
        "error": "    total = np.linalg.norm(g) + np.linalg.norm(n)\n"
        "    errors.append(np.linalg.norm(g - n) / total if total > 0 else 0.0)",
        "end": "return np.concatenate(numerical), np.array(ratios), np.array(errors)",
    },
)


@compare_gradients.accepted("copies", says="lists of copies, and lists as results")
def _(loss, parameters, gradients, h=1e-5):
    numerical, ratios, errors = [], [], []
    for k, g in enumerate(gradients):
        n = []
        for j in range(parameters[k].size):
            at = []
            for sign in (1, -1):
                copies = [p.astype(float) for p in parameters]
                copies[k].flat[j] += sign * h
                at.append(loss(copies))
            n.append((at[0] - at[1]) / (2 * h))
        n, g = np.array(n), np.ravel(g)
        numerical += list(n)
        ratios.append(g @ n / max(n @ n, 1e-300))
        errors.append(np.linalg.norm(g - n) / max(np.linalg.norm(g) + np.linalg.norm(n), 1e-300))
    return numerical, ratios, errors


@compare_gradients.accepted("unit_arrays", says="unit arrays; nothing is written to")
def _(loss, parameters, gradients, h=1e-5):
    found = []
    for k in range(len(parameters)):
        for j in range(parameters[k].size):
            e = (np.arange(parameters[k].size) == j).reshape(parameters[k].shape) * h
            up, down = list(parameters), list(parameters)
            up[k], down[k] = parameters[k] + e, parameters[k] - e
            found.append((loss(up) - loss(down)) / (2 * h))
    pieces = np.split(np.array(found), np.cumsum([p.size for p in parameters])[:-1])
    ratios, errors = np.zeros(len(pieces)), np.zeros(len(pieces))
    for k, n in enumerate(pieces):
        g = gradients[k].ravel()
        if np.any(n):
            ratios[k] = np.dot(g, n) / np.dot(n, n)
        if np.any(n) or np.any(g):
            errors[k] = np.sqrt(np.sum((g - n) ** 2)) / (np.sqrt(np.sum(g**2)) + np.sqrt(np.sum(n**2)))
    return np.array(found), ratios, errors


compare_gradients.accepted(
    "in_matrix_form",
    says="the ratio as a projection, the lengths by np.linalg.norm of the flat arrays",
    source=way.source(
        ratio="    u, v = g.ravel(), n.ravel()\n    ratios.append(np.linalg.lstsq(v[:, None], u, rcond=None)[0][0])"
    ),
)


def wrong(answer_id, says, hint, **other):
    name = {"loop": "for"}
    compare_gradients.misconception(
        answer_id, says=says, hint=hint, source=way.source(**{name.get(k, k): v for k, v in other.items()})
    )


# --- the numerical gradient

wrong(
    "copies_of_integers",
    "The copies keep the type of the arrays: in integers a step of h is cut off, and the slope is 0.",
    "What is stored when 0.001 is added to an entry of an array of integers?",
    start="parameters = [np.array(p) for p in parameters]\nnumerical, ratios, errors = [], [], []",
)
wrong(
    "not_restored",
    "The entry is not put back, so the next differences are taken at another point.",
    "Which value has the entry when the next one is moved?",
    restore="",
)
wrong(
    "forward_difference",
    "This is a forward difference, whose error is much larger than that of a central one.",
    "On which sides of the point does your formula look?",
    below="        p[index] = old\n        below = loss(parameters)",
    slope="        n[index] = (above - below) / h",
)
wrong(
    "back_to_the_point",
    "`+= h` and then `-= h` leads back to the point; the second loss belongs to the other side, h below it.",
    "Print the entry before each call of loss. Where is it at the second one?",
    above="        p[index] += h\n        above = loss(parameters)",
    below="        p[index] -= h\n        below = loss(parameters)",
)
wrong(
    "divided_by_h",
    "The two points are 2h apart, and the difference is divided by h.",
    "How far apart are the two points?",
    slope="        n[index] = (above - below) / h",
)
wrong(
    "brackets_of_two_h",
    "`/ 2 * h` divides by 2 and then multiplies by h.",
    "In which order does Python evaluate / and *?",
    slope="        n[index] = (above - below) / 2 * h",
)
wrong(
    "points_exchanged",
    "The two points are exchanged, so every slope has the wrong sign.",
    "Which value of the loss is subtracted from which?",
    slope="        n[index] = (below - above) / (2 * h)",
)
wrong(
    "step_ignored",
    "The argument h is not used: a fixed step stands in the function.",
    "Call your function with h = 0.1 and with h = 0.01. Do the results differ?",
    start="h = 1e-5\n" + way.lines["start"],
)
wrong(
    "whole_array_moved",
    "All entries of an array are moved at once, so each entry gets the sum of the slopes.",
    "How many numbers differ between the two points?",
    above="        above = loss([q + h if q is p else q for q in parameters])",
    below="        below = loss([q - h if q is p else q for q in parameters])",
)
wrong(
    "loss_of_one_array",
    "The loss gets the moved array alone; it is a function of all of them.",
    "How many arrays does loss take, and how many does it get from you?",
    above="        p[index] = old + h\n        above = loss([p])",
    below="        p[index] = old - h\n        below = loss([p])",
)
wrong(
    "array_for_a_list",
    "The loss gets the moved array and not a list of arrays.",
    "How many arrays does loss take, and in what are they put together?",
    above="        p[index] = old + h\n        above = loss(p)",
    below="        p[index] = old - h\n        below = loss(p)",
)
wrong(
    "arguments_for_a_list",
    "The arrays are passed to the loss one by one, as in loss(*arrays); it takes one list.",
    "How many arguments has loss?",
    above="        p[index] = old + h\n        above = loss(*parameters)",
    below="        p[index] = old - h\n        below = loss(*parameters)",
)
wrong(
    "whole_rows_moved",
    "The loop counts rows, so each row of a matrix is moved as a whole; every entry has a slope of its own.",
    "How many steps has your loop for an array of shape (2, 3)?",
    entries="    for index in range(len(p)):\n        old = p[index].copy()",
)
wrong(
    "callers_arrays_moved",
    "The caller's own arrays are moved, and h - 2h + h leaves traces of rounding in them.",
    "Compare the parameters with a copy from before the call.",
    start="numerical, ratios, errors = [], [], []",
    entries="    for index in np.ndindex(p.shape):",
    above="        p[index] += h\n        above = loss(parameters)",
    below="        p[index] -= 2 * h\n        below = loss(parameters)",
    restore="        p[index] += h",
)
wrong(
    "columns_first",
    "Within an array the entries are listed column by column; reading order goes row by row.",
    "Which index runs fastest in a.ravel()?",
    keep="    numerical.append(n.T.ravel())",
)
wrong(
    "claims_listed",
    "The first result lists the claimed gradients and not the numerical ones.",
    "Does your first result change when the gradients change?",
    keep="    numerical.append(np.ravel(g))",
)

# --- ratios

wrong(
    "ratio_of_lengths",
    "The ratio of the lengths has no sign and does not see the direction.",
    "What is your ratio for g = -n?",
    ratio="    ratios.append(np.linalg.norm(g) / np.linalg.norm(n) if n.any() else 0.0)",
)
wrong(
    "ratio_turned_over",
    "The ratio is turned over: it says how many times n is as long as g.",
    "What is your ratio for g = 5n, and which one is asked for?",
    ratio="    ratios.append(np.sum(g * n) / np.sum(g * g) if np.any(g) else 0.0)",
)
wrong(
    "cosine",
    "This is the cosine between g and n: it does not see a factor.",
    "What is your ratio for g = 5n?",
    ratio="    size = np.linalg.norm(g) * np.linalg.norm(n)\n"
    "    ratios.append(np.sum(g * n) / size if size > 0 else 0.0)",
)
wrong(
    "ratio_of_sums",
    "The sums of the entries are divided; entries of both signs cancel in them.",
    "Which two sums stand in the definition?",
    ratio="    ratios.append(np.sum(g) / np.sum(n) if n.any() else 0.0)",
)
wrong(
    "mean_of_entry_ratios",
    "The ratios of the entries are averaged; an entry near 0 spoils the mean.",
    "Which two sums stand in the definition?",
    ratio="    ratios.append(np.mean(g / n) if n.all() else 0.0)",
)
wrong(
    "ratio_not_a_number",
    "0/0 is computed for an array whose numerical gradient is zero, and the result is NaN.",
    "What should the ratio be if both gradients are zero?",
    ratio="    ratios.append(np.sum(g * n) / np.sum(n * n))",
)

wrong(
    "ratio_one_for_zero",
    "The ratio is 1 where the numerical gradient is zero; 0 is asked for.",
    "What does the exercise say about an array whose numerical gradient is zero?",
    ratio="    size = np.sum(n * n)\n    ratios.append(np.sum(g * n) / size if size > 0 else 1.0)",
)
wrong(
    "ratio_test_by_all",
    "`n.all()` asks whether every entry is not zero, so a single zero in n makes the ratio 0.",
    "What is your ratio for g = n = (0, 1)?",
    ratio="    ratios.append(np.sum(g * n) / np.sum(n * n) if n.all() else 0.0)",
)

# --- errors

wrong(
    "one_error_for_all",
    "One error is computed from all arrays together: a small array is lost in a large one.",
    "How many lengths do you compute, one for each array or one for all?",
    end="n = np.concatenate(numerical)\n"
    "g = np.concatenate([np.ravel(g) for g in gradients])\n"
    "total = np.linalg.norm(g) + np.linalg.norm(n)\n"
    "errors = [np.linalg.norm(g - n) / total if total > 0 else 0.0] * len(ratios)\n"
    "return n, np.array(ratios), np.array(errors)",
)
wrong(
    "absolute_error",
    "This is the length of the difference; it is not divided by anything.",
    "What happens to your error when the loss is multiplied by 1000?",
    error="    errors.append(np.linalg.norm(g - n))",
)
wrong(
    "numerical_length_alone",
    "The difference is divided by the length of the numerical gradient alone.",
    "Which two lengths stand below in the definition?",
    error="    total = np.linalg.norm(n)\n    errors.append(np.linalg.norm(g - n) / total if total > 0 else 0.0)",
)
wrong(
    "squares_without_roots",
    "The squares of the lengths are divided; the roots are missing.",
    "What is the length of (3, 4)?",
    error="    total = np.sum(g * g) + np.sum(n * n)\n"
    "    errors.append(np.sum((g - n) ** 2) / total if total > 0 else 0.0)",
)
wrong(
    "larger_length",
    "The difference is divided by the larger of the two lengths; their sum is asked for.",
    "Which two lengths stand below in the definition, and what is done with them?",
    error="    total = max(np.linalg.norm(g), np.linalg.norm(n))\n"
    "    errors.append(np.linalg.norm(g - n) / total if total > 0 else 0.0)",
)
wrong(
    "squares_below",
    "The length of the difference is divided by the squares of the lengths; the roots are missing below.",
    "What happens to your error when the loss is multiplied by 1000?",
    error="    total = np.sum(g * g) + np.sum(n * n)\n"
    "    errors.append(np.linalg.norm(g - n) / total if total > 0 else 0.0)",
)
wrong(
    "neither_is_a_number",
    "0/0 is computed for gradients that are zero, in the ratio and in the error, and both results are NaN.",
    "What should the ratio and the error be if both gradients are zero?",
    ratio="    ratios.append(np.sum(g * n) / np.sum(n * n))",
    error="    errors.append(np.linalg.norm(g - n) / (np.linalg.norm(g) + np.linalg.norm(n)))",
)
wrong(
    "largest_entry",
    "The error of the worst entry stands for the array; the lengths are asked for.",
    "Which lengths stand in the definition?",
    error="    total = np.max(np.abs(g)) + np.max(np.abs(n))\n"
    "    errors.append(np.max(np.abs(g - n)) / total if total > 0 else 0.0)",
)
wrong(
    "error_not_a_number",
    "0/0 is computed for two gradients that are zero, and the result is NaN.",
    "What should the error be if both gradients are zero?",
    error="    errors.append(np.linalg.norm(g - n) / (np.linalg.norm(g) + np.linalg.norm(n)))",
)
wrong(
    "error_zero_if_one_is_zero",
    "The error is 0 as soon as one of the two gradients is zero; only two zeros agree.",
    "What is your error for g = (0, 0) and n = (3, 4)? Do they agree?",
    error="    total = np.linalg.norm(g) + np.linalg.norm(n)\n"
    "    errors.append(np.linalg.norm(g - n) / total if g.any() and n.any() else 0.0)",
)
wrong(
    "error_zero_if_n_is_zero",
    "The error is 0 if n is zero, whatever g is.",
    "What is your error for g = (3, 4) and n = (0, 0)? Do they agree?",
    error="    total = np.linalg.norm(g) + np.linalg.norm(n)\n"
    "    errors.append(np.linalg.norm(g - n) / total if size > 0 else 0.0)",
)
wrong(
    "error_zero_if_g_is_zero",
    "The error is 0 if g is zero, whatever n is.",
    "What is your error for g = (0, 0) and n = (3, 4)? Do they agree?",
    error="    total = np.linalg.norm(g) + np.linalg.norm(n)\n"
    "    errors.append(np.linalg.norm(g - n) / total if np.any(g) else 0.0)",
)
wrong(
    "error_test_by_all",
    "`.all()` asks whether every entry is not zero, so single zeros in g and n make the error 0.",
    "What is your error for g = (0, 2) and n = (0, 1)?",
    error="    total = np.linalg.norm(g) + np.linalg.norm(n)\n"
    "    errors.append(np.linalg.norm(g - n) / total if g.all() or n.all() else 0.0)",
)
wrong(
    "error_test_by_both_all",
    "The error is 0 as soon as one entry of g or n is zero; 0 is asked for if all of them are.",
    "What is your error for g = (0, 2) and n = (0, 1)?",
    error="    total = np.linalg.norm(g) + np.linalg.norm(n)\n"
    "    errors.append(np.linalg.norm(g - n) / total if g.all() and n.all() else 0.0)",
)
wrong(
    "sums_of_absolute_values",
    "The absolute values are summed; a length is the root of a sum of squares.",
    "What is the length of (3, 4)?",
    error="    total = np.sum(np.abs(g)) + np.sum(np.abs(n))\n"
    "    errors.append(np.sum(np.abs(g - n)) / total if total > 0 else 0.0)",
)
wrong(
    "largest_difference",
    "This is the largest difference of two entries; it is not divided by anything.",
    "What happens to your error when the loss is multiplied by 1000?",
    error="    errors.append(np.max(np.abs(g - n)))",
)
wrong(
    "worst_entry",
    "The relative error of the worst entry stands for the array; one length of each array is asked for.",
    "How many quotients do you compute for an array of shape (2, 3)?",
    error="    total = np.maximum(np.abs(g) + np.abs(n), 1e-300)\n    errors.append(np.max(np.abs(g - n) / total))",
)
wrong(
    "norm_of_a_matrix_as_a_map",
    "With ord=2 NumPy's norm of a matrix is its largest singular value and not the root of the sum of squares.",
    "Does your length of a matrix change when you write it as a vector?",
    error="    total = np.linalg.norm(g, 2) + np.linalg.norm(n, 2)\n"
    "    errors.append(np.linalg.norm(g - n, 2) / total if total > 0 else 0.0)",
)
wrong(
    "order_of_results",
    "The errors are returned before the ratios.",
    "Read the docstring: in which order do they stand?",
    end="return np.concatenate(numerical), np.array(errors), np.array(ratios)",
)
