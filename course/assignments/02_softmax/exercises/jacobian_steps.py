"""One entry of the Jacobian of softmax, line by line."""

from autograder.authoring import DERIVATION, Exercise, Form, Letter, Route, Setting

RULE, DONE = "the quotient rule", "the derivatives worked out"

jacobian_steps = Exercise(
    "jacobian_steps",
    kind=DERIVATION,
    title="The Jacobian of softmax, line by line",
    setting=Setting({"z": Letter(("C",))}, {"S": "sum(exp(z[k]) for k)", "p": "softmax(z)"}),
    route=Route(
        start=("d(exp(z[i]) / S, z[j])", "d(p[i], z[j])"),
        end=Form(
            "nothing but p and delta may be left", needs=("p",), without=("a derivative", "a sum"), only=("p", "diag")
        ),
        waypoints={
            RULE: Form(
                "",
                needs=("z", "a rule"),
                hint="The numerator and the denominator both contain z[j]: write the quotient rule with a derivative "
                "of each, and leave the derivatives standing.",
            ),
            DONE: Form(
                "",
                needs=("z",),
                without=("a derivative",),
                hint="For which i does exp(z[i]) contain z[j]? And how many terms of S contain it?",
            ),
        },
        ways=((RULE, DONE),),
    ),
    covers=("S000-05", "S000-06", "S000-07"),
)

# --- other ways

jacobian_steps.accepted(
    "at_once",
    says="the quotient rule and its derivatives in one line",
    answer="""
d(exp(z[i]) / S, z[j])
= (delta(i, j) * exp(z[i]) * S - exp(z[i]) * exp(z[j])) / S**2
= delta(i, j) * p[i] - p[i] * p[j]
""",
)
jacobian_steps.accepted(
    "by_the_logarithm",
    says="p[i] times the derivative of its logarithm",
    answer="""
d(p[i], z[j])
= p[i] * d(log(p[i]), z[j])
= p[i] * d(z[i] - log(S), z[j])
= p[i] * (delta(i, j) - 1 / S * d(S, z[j]))
= p[i] * (delta(i, j) - exp(z[j]) / S)
= p[i] * (delta(i, j) - p[j])
""",
)
jacobian_steps.accepted(
    "every_sum",
    says="the derivative of S term by term, seven lines",
    answer="""
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S**2
= (exp(z[i]) * delta(i, j) * S - exp(z[i]) * sum(d(exp(z[k]), z[j]) for k)) / S**2
= (exp(z[i]) * delta(i, j) * S - exp(z[i]) * sum(exp(z[k]) * delta(k, j) for k)) / S**2
= (exp(z[i]) * delta(i, j) * S - exp(z[i]) * exp(z[j])) / S**2
= exp(z[i]) / S * (delta(i, j) - exp(z[j]) / S)
= p[i] * (delta(i, j) - p[j])
""",
)
jacobian_steps.accepted(
    "product_rule",
    says="a product with 1/S, and both cases as indicators",
    answer="""
d(exp(z[i]) / S, z[j])
= d(exp(z[i]), z[j]) / S + exp(z[i]) * d(1 / S, z[j])
= 1[i == j] * exp(z[i]) / S - exp(z[i]) * exp(z[j]) / S**2
= 1[i == j] * p[i] * (1 - p[i]) - 1[i != j] * p[i] * p[j]
""",
)
jacobian_steps.accepted(
    "numpy",
    says="with NumPy's functions and its matrix form",
    answer="""
∂p[i]/∂z[j]
= (delta(i, j) * np.exp(z[i]) * np.sum(np.exp(z)) - np.exp(z[i]) * np.exp(z[j])) / np.sum(np.exp(z))**2
= (diag(p) - np.outer(p, p))[i, j]
""",
)

# --- false lines


def false_line(answer_id, says, hint, answer):
    jacobian_steps.misconception(answer_id, says=says, hint=hint, answer=answer)


false_line(
    "diagonal_only",
    "Only the case i = j is here; for other indices the entry is not 0.",
    "The denominator contains every logit. What is its derivative with respect to z[j] if j is not i?",
    """
d(exp(z[i]) / S, z[j])
= delta(i, j) * (exp(z[i]) * S - exp(z[i]) * exp(z[i])) / S**2
= delta(i, j) * p[i] * (1 - p[i])
""",
)
false_line(
    "delta_missing",
    "The delta is missing: exp(z[i]) depends on z[j] only for i = j.",
    "What is d(exp(z[i]), z[j]) for i not equal to j?",
    """
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S**2
= (exp(z[i]) * S - exp(z[i]) * exp(z[j])) / S**2
= p[i] * (1 - p[j])
""",
)
false_line(
    "plus_in_the_rule",
    "Between the two terms of the quotient rule stands a minus.",
    "Read the quotient rule at the top of this section once more.",
    """
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S + exp(z[i]) * d(S, z[j])) / S**2
= p[i] * (delta(i, j) + p[j])
""",
)
false_line(
    "terms_exchanged",
    "The two terms of the quotient rule are exchanged, so the sign is wrong.",
    "Which term of the quotient rule contains the derivative of the numerator, and with which sign?",
    """
d(exp(z[i]) / S, z[j])
= (exp(z[i]) * d(S, z[j]) - d(exp(z[i]), z[j]) * S) / S**2
= p[i] * (p[j] - delta(i, j))
""",
)
false_line(
    "denominator_constant",
    "S is treated as a constant; it contains z[j].",
    "Which terms of S contain z[j]?",
    """
d(exp(z[i]) / S, z[j])
= delta(i, j) * exp(z[i]) / S
= delta(i, j) * p[i]
""",
)
false_line(
    "square_lost",
    "The square of the denominator is lost.",
    "What stands below in the quotient rule?",
    """
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S
= delta(i, j) * exp(z[i]) - p[i] * exp(z[j])
""",
)
false_line(
    "derivative_of_the_whole_sum",
    "The derivative of S is taken as S; only one of its terms contains z[j].",
    "Write S out for C = 3. What is its derivative with respect to z[2]?",
    """
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S**2
= (delta(i, j) * exp(z[i]) * S - exp(z[i]) * S) / S**2
= p[i] * (delta(i, j) - 1)
""",
)
false_line(
    "wrong_term_of_the_sum",
    "The derivative of S is taken as exp(z[i]); the term that contains z[j] is another one.",
    "Which term of S contains z[j]?",
    """
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S**2
= (delta(i, j) * exp(z[i]) * S - exp(z[i]) * exp(z[i])) / S**2
= p[i] * (delta(i, j) - p[i])
""",
)
