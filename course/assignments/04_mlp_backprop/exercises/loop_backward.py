"""The gradients of a batch as sums of the samples' shares, by a loop."""

import numpy as np

from autograder.authoring import Exercise, Program, case, network, spread

OUTPUTS = ("dW1", "db1", "dW2", "db2")

loop_backward = Exercise(
    "loop_backward",
    title="A loop over the samples",
    parts={"one sample": 1, "several samples": 3},
    outputs=OUTPUTS,
    covers=("S002-35",),
)


@loop_backward.cases
def _(rng):
    for name, net in (
        ("one sample", network(rng, N=1)),
        ("four different sizes", network(rng)),
        ("ten samples", network(rng, N=10)),
        ("all sizes equal", network(rng, equal=True)),
        ("integers in X", network(rng, whole_numbers=True)),
    ):
        dZ1 = spread(rng, *net.Z1.shape) * (net.Z1 > 0)
        dlogits = spread(rng, *net.logits.shape)
        part = "one sample" if name == "one sample" else "several samples"
        for pick in range(4):
            yield case(name, dlogits, dZ1, net.X, net.A1, part=part, pick=pick)


way = Program(
    "dlogits, dZ1, X, A1",
    {
        "start": "N, d, H, C = len(X), X.shape[1], A1.shape[1], dlogits.shape[1]",
        "zeros": "dW1, db1, dW2, db2 = np.zeros((d, H)), np.zeros(H), np.zeros((H, C)), np.zeros(C)",
        "for": "for n in range(N):",
        "dW1": "    dW1 += np.outer(X[n], dZ1[n])",
        "db1": "    db1 += dZ1[n]",
        "dW2": "    dW2 += np.outer(A1[n], dlogits[n])",
        "db2": "    db2 += dlogits[n]",
        "end": "return dW1, db1, dW2, db2",
    },
)

loop_backward.accepted(
    "generators",
    says="Python's sum over outer products",
    source=way.source(
        **{
            "zeros": "",
            "for": "pairs, others = list(zip(X, dZ1)), list(zip(A1, dlogits))",
            "dW1": "dW1 = sum(np.outer(x, g) for x, g in pairs)",
            "db1": "db1 = sum(g for _, g in pairs)",
            "dW2": "dW2 = sum(np.outer(a, g) for a, g in others)",
            "db2": "db2 = sum(g for _, g in others)",
        }
    ),
)


@loop_backward.accepted("lists_of_shares", says="the shares are collected and added at the end")
def _(dlogits, dZ1, X, A1):
    shares = [], [], [], []
    for g, e, x, a in zip(dlogits, dZ1, X, A1, strict=True):
        for kept, share in zip(shares, (x[:, None] * e, e, a[:, None] * g, g), strict=True):
            kept.append(share)
    return [np.sum(kept, axis=0) for kept in shares]


@loop_backward.accepted("matrices", says="matrix products: the sums in one line each")
def _(dlogits, dZ1, X, A1):
    return X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dlogits, dlogits.sum(axis=0)


@loop_backward.accepted("rows_as_matrices", says="rows that keep two axes")
def _(dlogits, dZ1, X, A1):
    dW1, dW2 = 0.0, 0.0
    for n in range(len(X)):
        row = slice(n, n + 1)
        dW1 = dW1 + X[row].T @ dZ1[row]
        dW2 = dW2 + A1[row].T @ dlogits[row]
    return dW1, np.add.reduce(dZ1), dW2, np.add.reduce(dlogits)


def wrong(answer_id, says, hint, **other):
    name = {"loop": "for"}
    loop_backward.misconception(
        answer_id, says=says, hint=hint, source=way.source(**{name.get(k, k): v for k, v in other.items()})
    )


SUM = "What happens to the share of the first sample when the second one comes?"
RANGE = "Print n in the loop. Which samples take part?"

wrong(
    "replaced_instead_of_added",
    "Each share replaces the one before (= for +=): the gradients are those of the last sample.",
    SUM,
    dW1="    dW1 = np.outer(X[n, :], dZ1[n, :])",
    db1="    db1 = dZ1[n]",
    dW2="    dW2 = np.outer(A1[n], dlogits[n])",
    db2="    db2 = dlogits[n]",
)
for name, line in (
    ("dW1", "np.outer(X[n, :], dZ1[n, :])"),
    ("db1", "dZ1[n]"),
    ("dW2", "np.outer(A1[n], dlogits[n])"),
    ("db2", "dlogits[n]"),
):
    wrong(
        f"{name.lower()}_replaced",
        f"In {name} each share replaces the one before (= for +=).",
        SUM,
        **{name: f"    {name} = {line}"},
    )
wrong(
    "return_in_the_loop",
    "The return stands inside the loop: the gradients are those of the first sample.",
    "How far is the line with return indented?",
    end="    return dW1, db1, dW2, db2",
)
wrong(
    "zeros_in_the_loop",
    "The arrays are set to 0 again for each sample: the gradients are those of the last sample.",
    "How often does the line with the zeros run?",
    zeros="",
    loop="for n in range(N):\n    dW1, db1, dW2, db2 = np.zeros((d, H)), np.zeros(H), np.zeros((H, C)), np.zeros(C)",
    db2="    db2 = dlogits[n]\ndb2 = np.sum(dlogits, axis=0)",
)
wrong("last_sample_left_out", "The loop ends one sample too early.", RANGE, loop="for n in range(N - 1):")
wrong("first_sample_left_out", "The loop begins with the second sample.", RANGE, loop="for n in range(1, N):")
wrong(
    "loop_over_the_inputs",
    "The loop counts inputs and not samples.",
    RANGE,
    loop="for n in range(min(d, N)):",
)
wrong(
    "same_sample",
    "Each pass adds the share of the first sample.",
    "Which letter in the loop changes from pass to pass?",
    dW1="    dW1 += np.outer(X[0], dZ1[0])",
    db1="    db1 += dZ1[0]",
    dW2="    dW2 += np.outer(A1[0], dlogits[0])",
    db2="    db2 += dlogits[0]",
)
wrong(
    "mean_of_the_shares",
    "The sums are divided by N; the factor 1/N of the mean is in dlogits and dZ1 already.",
    "What is done with dlogits before it arrives here?",
    end="return dW1 / N, db1 / N, dW2 / N, db2 / N",
)
wrong(
    "mean_of_the_biases",
    "The gradients of the biases are divided by N; the factor 1/N of the mean is in dlogits and dZ1 already.",
    "What is done with dlogits before it arrives here?",
    end="return dW1, db1 / N, dW2, db2 / N",
)
OUTER = "Print the shapes of one row of X, of its transpose, and of one row of dZ1."
wrong(
    "dot_of_vectors",
    "The transpose of a row does nothing, so `X[n].T @ dZ1[n]` is no outer product.",
    OUTER,
    dW1="    dW1 += X[n].T @ dZ1[n]",
    dW2="    dW2 += A1[n].T @ dlogits[n]",
)
wrong(
    "elementwise",
    "The rows are multiplied entry by entry, and broadcasting hides it where sizes agree.",
    OUTER,
    dW1="    dW1 += X[n] * dZ1[n]",
    dW2="    dW2 += A1[n] * dlogits[n]",
)
wrong(
    "outer_products_transposed",
    "The factors of the outer products are exchanged.",
    "What counts the rows of W1?",
    dW1="    dW1 += np.outer(dZ1[n], X[n])",
    dW2="    dW2 += np.outer(dlogits[n], A1[n])",
)
wrong(
    "product_of_sums",
    "The rows are added first and multiplied then; the products must be added.",
    "Is the sum of products a product of sums? Try two samples with one number each.",
    dW1="",
    dW2="",
    end="return np.outer(X.sum(axis=0), db1), db1, np.outer(A1.sum(axis=0), db2), db2",
)
wrong(
    "layers_exchanged",
    "In dW2 stands X and in dW1 stands A1: the layers' inputs are exchanged.",
    "What enters the output layer?",
    dW1="    dW1 = dW1 + np.outer(A1[n], dZ1[n])",
    dW2="    dW2 = dW2 + np.outer(X[n], dlogits[n])",
)
wrong(
    "one_array_for_two",
    "`[np.zeros(...)] * 2` holds one array twice, so both biases get each other's shares.",
    "Change entry 0 of db1 and print db2.",
    zeros="dW1, dW2 = np.zeros((d, H)), np.zeros((H, C))\ndb1, db2 = [np.zeros(max(H, C))] * 2",
    db1="    db1[:H] += dZ1[n]",
    db2="    db2[:C] += dlogits[n]",
    end="return dW1, db1[:H], dW2, db2[:C]",
)
wrong(
    "not_set_to_zero",
    "The arrays are kept between calls and never set to 0 again: the second call adds to the first.",
    "Call your function twice with the same arrays. Where are the arrays made?",
    signature="dlogits, dZ1, X, A1, kept={}",
    zeros="new = np.zeros((d, H)), np.zeros(H), np.zeros((H, C)), np.zeros(C)\n"
    "dW1, db1, dW2, db2 = kept.setdefault((N, d, H, C), new)",
    end="return dW1.copy(), db1.copy(), dW2.copy(), db2.copy()",
)
wrong(
    "first_share_as_a_view",
    "The shares are added up in an argument: after `db1 = dZ1[0]`, which is a view, `+=` writes into dZ1.",
    "Print dZ1 and dlogits before and after your loop.",
    zeros="dW1, db1, dW2, db2 = np.outer(X[0], dZ1[0]), dZ1[0], np.outer(A1[0], dlogits[0]), dlogits[0]",
    loop="for n in range(1, N):",
)
wrong(
    "arrays_of_the_type_of_x",
    "The sums are kept in arrays of the type of X; when X holds integers, NumPy refuses to add fractions.",
    "Print the dtype of your zeros.",
    zeros="dW1, db1 = np.zeros((d, H), X.dtype), np.zeros(H, X.dtype)\n"
    "dW2, db2 = np.zeros((H, C), X.dtype), np.zeros(C, X.dtype)",
)
wrong(
    "order_of_results",
    "The gradients of the output layer are returned first.",
    "Read the docstring: in which order do they stand?",
    end="return dW2, db2, dW1, db1",
)
