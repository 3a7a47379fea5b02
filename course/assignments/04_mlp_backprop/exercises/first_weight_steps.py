"""The derivative by one weight of the first layer, line by line."""

from autograder.authoring import DERIVATION, Exercise, Form, Letter, Route, Setting

CHAIN, SLOPE = "the chain rule down to a hidden unit", "the slope of the rectifier"
# Two ways to have come as far as the hidden unit: g is written out, or d(L, a[p]) or d(L, z[p]) still stands.
PASSED_DOWN = (("g", "a derivative by a", "a derivative by z"),)

first_weight_steps = Exercise(
    "first_weight_steps",
    kind=DERIVATION,
    title="The derivative by one weight of the first layer, line by line",
    setting=Setting(
        {
            "x": Letter(("d",)),
            "W1": Letter(("d", "H")),
            "b1": Letter(("H",)),
            "W2": Letter(("H", "C")),
            "g": Letter(("C",)),
        },
        {"z": "x @ W1 + b1", "a": "relu(z)", "L": "sum(g * (a @ W2))"},
    ),
    route=Route(
        start=("d(L, W1[r, p])",),
        end=Form(
            "a product of x, a condition on z, and W2 with g; no derivative is left",
            needs=("x", "a condition", "g", "W2"),
            without=("a derivative", "a delta"),
            only=("x", "z", "a", "relu", "W2", "g", "W1", "b1"),
        ),
        waypoints={
            CHAIN: Form(
                "",
                needs=("a derivative",),
                without=("a bare derivative",),
                one_of=PASSED_DOWN,
                hint="Through which results of the network does this weight reach L? Each path brings its share.",
            ),
            SLOPE: Form(
                "",
                needs=("a condition", "a derivative"),
                without=("a bare derivative",),
                one_of=PASSED_DOWN,
                hint="What lies between a pre-activation and its activation, and when does it pass a change on?",
            ),
        },
        ways=((CHAIN, SLOPE),),
    ),
    covers=("S000-15", "S000-16"),
)

# --- other ways

first_weight_steps.accepted(
    "at_once",
    says="two steps in one line, four lines in all",
    answer="""
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] * (z[p] > 0) * d(z[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * (z[p] > 0) * x[r]
""",
)
first_weight_steps.accepted(
    "every_unit",
    says="a sum over all hidden units, seven lines",
    answer="""
d(L, W1[r, p])
= sum(sum(g[j] * W2[k, j] for j) * d(a[k], W1[r, p]) for k)
= sum(sum(g[j] * W2[k, j] for j) * (z[k] > 0) * d(z[k], W1[r, p]) for k)
= sum(sum(g[j] * W2[k, j] for j) * (z[k] > 0) * sum(x[s] * d(W1[s, k], W1[r, p]) for s) for k)
= sum(sum(g[j] * W2[k, j] for j) * (z[k] > 0) * delta(k, p) * x[r] for k)
= sum(g[j] * W2[p, j] for j) * (z[p] > 0) * x[r]
= x[r] * (z[p] > 0) * (W2 @ g)[p]
""",
)
first_weight_steps.accepted(
    "matrix_form",
    says="products of matrices and np.outer",
    answer="""
d(L, W1[r, p])
= d(sum((W2 @ g) * a), W1[r, p])
= (W2 @ g)[p] * d(a[p], W1[r, p])
= (W2 @ g)[p] * (z[p] > 0) * d(z[p], W1[r, p])
= (W2 @ g)[p] * (z[p] > 0) * x[r]
= np.outer(x, (W2 @ g) * (z > 0))[r, p]
""",
)
first_weight_steps.accepted(
    "z_written_out",
    says="the pre-activation written out as a sum",
    answer="""
d(L, W1[r, p])
= (W2 @ g)[p] * d(relu(z[p]), W1[r, p])
= sum(W2[p, j] * g[j] for j) * (z[p] > 0) * d(sum(W1[s, p] * x[s] for s) + b1[p], W1[r, p])
= sum(W2[p, j] * g[j] for j) * x[r] * (z[p] > 0)
""",
)

for answer_id, says, active in (
    ("condition_on_a", "the condition asks for the activation, which is positive where z[p] is", "a[p]"),
    ("condition_on_relu", "the same with relu written out", "relu(z[p])"),
):
    first_weight_steps.accepted(
        answer_id,
        says=says,
        answer=f"""
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d({active}, W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * ({active} > 0) * d(z[p], W1[r, p])
= sum(g[j] * W2[p, j] for j) * ({active} > 0) * x[r]
""",
    )
first_weight_steps.accepted(
    "rows_as_in_numpy",
    says="W2[p] is a row, W2[p][j] one of its entries, and W1[:, p] a column",
    answer="""
d(L, W1[r, p])
= sum(g[j] * W2[p][j] for j) * d(a[p], W1[r][p])
= (W2[p] @ g) * (z[p] > 0) * d(x @ W1[:, p] + b1[p], W1[r][p])
= (W2[p] @ g) * (z[p] > 0) * x[r]
""",
)

first_weight_steps.accepted(
    "upstream_last",
    says="the derivative by the activation is written out in the last line",
    answer="""
d(L, W1[r, p])
= d(L, a[p]) * d(a[p], W1[r, p])
= d(L, a[p]) * (z[p] > 0) * d(z[p], W1[r, p])
= (z[p] > 0) * x[r] * sum(g[j] * W2[p, j] for j)
""",
)
first_weight_steps.accepted(
    "pre_activation_first",
    says="first down to the pre-activation, then through the rectifier",
    answer="""
d(L, W1[r, p])
= d(L, z[p]) * d(z[p], W1[r, p])
= d(L, z[p]) * x[r]
= d(L, a[p]) * d(a[p], z[p]) * x[r]
= d(L, a[p]) * (z[p] > 0) * x[r]
= (W2 @ g)[p] * (z[p] > 0) * x[r]
""",
)

# --- false lines


def false_line(answer_id, says, hint, answer):
    first_weight_steps.misconception(answer_id, says=says, hint=hint, answer=answer)


false_line(
    "slope_missing",
    "The slope of the rectifier is missing: this holds for active units alone.",
    "What is d(a[p], z[p]) if z[p] is negative?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * x[r]
""",
)
false_line(
    "relu_for_its_slope",
    "relu(z[p]) stands where the slope of relu belongs.",
    "What is the slope of relu at 3?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * relu(z[p]) * x[r]
""",
)
false_line(
    "inverted_condition",
    "The condition is inverted: a dead unit would pass the gradient on.",
    "For which z[p] does a[p] change when z[p] changes?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * (z[p] < 0) * x[r]
""",
)
false_line(
    "condition_of_the_upstream",
    "The condition asks whether the upstream is positive; the rectifier asks for z[p].",
    "What decides whether a hidden unit is active?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= (W2 @ g)[p] * ((W2 @ g)[p] > 0) * x[r]
""",
)
false_line(
    "sum_lost",
    "The sum over the classes is lost, and the index j stands alone.",
    "Through how many logits does the unit p reach the loss?",
    """
d(L, W1[r, p])
= g[j] * W2[p, j] * d(a[p], W1[r, p])
= g[j] * W2[p, j] * (z[p] > 0) * x[r]
""",
)
false_line(
    "all_units",
    "All hidden units are summed; W1[r, p] acts on the unit p alone.",
    "In which entries of z does W1[r, p] occur?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(sum(g[j] * W2[k, j] for j) * (z[k] > 0) for k) * x[r]
""",
)
false_line(
    "input_lost",
    "The input is lost: this is the derivative by the bias b1[p].",
    "What is d(z[p], W1[r, p])?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * (z[p] > 0)
""",
)
false_line(
    "weight_kept",
    "The weight is still there: the derivative of x[r] * W1[r, p] by W1[r, p] does not contain it.",
    "What is the derivative of x * w with respect to w?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * (z[p] > 0) * x[r] * W1[r, p]
""",
)
false_line(
    "inputs_summed",
    "All inputs are summed; W1[r, p] is multiplied by x[r] alone.",
    "What stands beside W1[r, p] in z[p]?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * (z[p] > 0) * sum(x[s] for s)
""",
)
false_line(
    "upstream_left_out",
    "g is left out: this is a sum of local slopes alone.",
    "With what is the slope of a logit multiplied, before the sum?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(W2[p, j] for j) * (z[p] > 0) * x[r]
""",
)
false_line(
    "w2_left_out",
    "W2[p, j] is left out: this is a sum of upstreams that no weight has multiplied.",
    "By how much does a logit change when a[p] grows by 1?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] for j) * (z[p] > 0) * x[r]
""",
)
false_line(
    "weight_for_the_input",
    "The weight itself stands where the number that it multiplies belongs.",
    "What is the derivative of x * w with respect to w?",
    """
d(L, W1[r, p])
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * (z[p] > 0) * W1[r, p]
""",
)
