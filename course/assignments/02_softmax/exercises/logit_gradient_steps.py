"""The gradient of the smoothed loss by one logit, line by line."""

from autograder.authoring import DERIVATION, Exercise, Form, Letter, Route, Setting

CHAIN, DONE = "the chain rule with its sum", "the derivatives worked out"
SHORT, SHORT_DONE = "the loss written by the logits alone", "the derivative of the log-sum-exp worked out"

logit_gradient_steps = Exercise(
    "logit_gradient_steps",
    kind=DERIVATION,
    title="The gradient by the logits, line by line",
    setting=Setting(
        {"z": Letter(("C",)), "ys": Letter(("C",), "share")},
        {"p": "softmax(z)", "L": "-sum(ys[i] * log(p[i]) for i)"},
    ),
    route=Route(
        start=("d(L, z[j])",),
        end=Form("nothing but p and ys may be left, and no sum", without=("a derivative", "a sum"), only=("p", "ys")),
        waypoints={
            CHAIN: Form(
                "",
                needs=("p",),
                without=("a bare derivative",),
                one_of=(("a sum", "a matrix product"), ("a derivative", "a delta", "a condition", "a fraction")),
                hint="z[j] moves every p[i], and every p[i] moves the loss. Which paths lead from z[j] to L?",
            ),
            DONE: Form(
                "",
                needs=("p",),
                without=("a derivative",),
                one_of=(("a sum", "a matrix product"),),
                hint="One factor comes from the logarithm, the other is an entry of the Jacobian of softmax, with both "
                "of its cases.",
            ),
            SHORT: Form("", needs=("z", "log"), without=("p",), hint="What is the logarithm of one probability?"),
            SHORT_DONE: Form(
                "",
                needs=("exp",),
                without=("a derivative",),
                hint="A log-sum-exp is a logarithm: first its own derivative, then that of the sum.",
            ),
        },
        ways=((CHAIN, DONE), (SHORT, SHORT_DONE)),
    ),
    covers=("S000-04", "S000-05", "S000-06", "S000-07", "S000-08"),
)

# --- other ways

logit_gradient_steps.accepted(
    "split",
    says="the sum is split into i = j and the others",
    answer="""
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= -ys[j] / p[j] * p[j] * (1 - p[j]) + sum(ys[i] / p[i] * p[i] * p[j] for i if i != j)
= -ys[j] * (1 - p[j]) + p[j] * (1 - ys[j])
= p[j] - ys[j]
""",
)
logit_gradient_steps.accepted(
    "at_once",
    says="both derivatives in one line, three lines in all",
    answer="""
d(L, z[j])
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= p[j] - ys[j]
""",
)
logit_gradient_steps.accepted(
    "every_step",
    says="each step by itself, eight lines",
    answer="""
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= sum(ys[i] * p[j] - ys[i] * delta(i, j) for i)
= sum(ys[i] * p[j] for i) - sum(ys[i] * delta(i, j) for i)
= p[j] * sum(ys[i] for i) - ys[j]
= p[j] - ys[j]
""",
)
logit_gradient_steps.accepted(
    "log_sum_exp",
    says="the loss by the logits alone, and the derivative of a log-sum-exp",
    answer="""
d(L, z[j])
= d(-sum(ys[i] * z[i] for i) + log(sum(exp(z[k]) for k)), z[j])
= -ys[j] + exp(z[j]) / sum(exp(z[k]) for k)
= p[j] - ys[j]
""",
)
logit_gradient_steps.accepted(
    "matrix_form",
    says="the vector of slopes times the Jacobian, by NumPy",
    answer="""
d(L, z[j])
= (-(ys / p) @ (diag(p) - np.outer(p, p)))[j]
= -ys[j] + np.sum(ys) * p[j]
= (p - ys)[j]
""",
)

# --- false lines


def false_line(answer_id, says, hint, answer):
    logit_gradient_steps.misconception(answer_id, says=says, hint=hint, answer=answer)


false_line(
    "single_product",
    "Only the term i = j of the chain rule is here.",
    "Through how many probabilities does z[j] reach the loss?",
    """
d(L, z[j])
= d(L, p[j]) * d(p[j], z[j])
= -ys[j] / p[j] * p[j] * (1 - p[j])
= -ys[j] * (1 - p[j])
""",
)
false_line(
    "jacobian_diagonal",
    "The sum of the chain rule is kept, and each p[i] is differentiated by its own logit.",
    "By which logit is the loss differentiated? Which index is summed over?",
    """
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * p[i] * (1 - p[i]) for i)
= sum(ys[i] * p[i] for i) - 1
""",
)
false_line(
    "minus_lost",
    "The minus sign of the loss is lost, so the sign of the gradient is wrong.",
    "What is the derivative of -ys[i] * log(p[i]) with respect to p[i]?",
    """
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= ys[j] - p[j]
""",
)
false_line(
    "quotient_lost",
    "The derivative of the logarithm is left out.",
    "What is the derivative of log(p[i]) with respect to p[i]?",
    """
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] * p[i] * (delta(i, j) - p[j]) for i)
= -ys[j] * p[j] + p[j] * sum(ys[i] * p[i] for i)
""",
)
false_line(
    "plus_in_the_jacobian",
    "In the derivative of softmax stands a minus between delta and p[j].",
    "What is the sign of d(p[i], z[j]) for i not equal to j?",
    """
d(L, z[j])
= sum(-ys[i] / p[i] * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) + p[j]) for i)
= -ys[j] - p[j]
""",
)
false_line(
    "delta_as_one",
    "delta(i, j) is 1 in every term of this sum; it is 1 in one term alone.",
    "For which i is delta(i, j) not 0?",
    """
d(L, z[j])
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= -sum(ys[i] for i) + sum(ys[i] * p[j] for i)
= p[j] - 1
""",
)
false_line(
    "sum_over_p",
    "p[j] does not change in the sum over i, and here it is summed as p[i].",
    "Which index does the second probability have?",
    """
d(L, z[j])
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= -ys[j] + sum(ys[i] * p[i] for i)
""",
)
false_line(
    "counted_for_each_class",
    "The sum over i counts p[j] once for each class; but the labels sum to 1, and not to C.",
    "What is sum(ys[i] for i)?",
    """
d(L, z[j])
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= -ys[j] + C * p[j]
""",
)
