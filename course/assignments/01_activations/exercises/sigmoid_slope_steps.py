"""The slope of the sigmoid, line by line."""

from autograder.authoring import DERIVATION, Exercise, Form, Letter, Route, Setting

RULE, DONE = "a rule for the quotient or the power", "the derivatives worked out"
TANH_RULE, TANH_DONE = "the sigmoid written with tanh, and a rule", "the derivative of tanh worked out"

sigmoid_slope_steps = Exercise(
    "sigmoid_slope_steps",
    kind=DERIVATION,
    title="The slope of the sigmoid, line by line",
    setting=Setting({"x": Letter()}),
    route=Route(
        start=("d(1 / (1 + exp(-x)), x)", "d(sigmoid(x), x)"),
        end=Form(
            "nothing but sigmoid(...) may be left", without=("a derivative",), needs=("sigmoid",), only=("sigmoid", "x")
        ),
        waypoints={
            RULE: Form(
                "",
                needs=("exp", "a rule"),
                hint="1/u is a power of u. By the chain rule two factors stand there: the derivative of 1/u by u, and "
                "the derivative of u by x.",
            ),
            DONE: Form(
                "",
                needs=("exp",),
                without=("a derivative",),
                hint="In exp(-x) the chain rule is needed once more; 1 is constant.",
            ),
            TANH_RULE: Form(
                "",
                needs=("tanh",),
                without=("a bare derivative",),
                hint="The factor 1/2 stays in front of the derivative; the argument x/2 gives a factor of its own.",
            ),
            TANH_DONE: Form("", needs=("tanh",), without=("a derivative",), hint="What is the slope of tanh?"),
        },
        ways=((RULE, DONE), (TANH_RULE, TANH_DONE)),
    ),
    covers=("S002-03", "S003-06"),
)

# --- other ways

sigmoid_slope_steps.accepted(
    "at_once",
    says="the power rule and the inner derivative in one line, and a difference at the end",
    answer="""
d(1 / (1 + exp(-x)), x)
= -1 / (1 + exp(-x))**2 * (-exp(-x))
= sigmoid(x) - sigmoid(x)**2
""",
)
sigmoid_slope_steps.accepted(
    "quotient_rule",
    says="the quotient rule with its two terms, and 1 is added and subtracted",
    answer="""
d(sigmoid(x), x) = d(1 / (1 + exp(-x)), x)
= (d(1, x) * (1 + exp(-x)) - 1 * d(1 + exp(-x), x)) / (1 + exp(-x))**2
= (0 - (-exp(-x))) / (1 + exp(-x))**2
= (1 + exp(-x) - 1) / (1 + exp(-x))**2
= 1 / (1 + exp(-x)) - 1 / (1 + exp(-x))**2
= sigmoid(x) * (1 - sigmoid(x))
""",
)
sigmoid_slope_steps.accepted(
    "exponent_positive",
    says="with exp(x) above and below, and sigmoid(-x) at the end",
    answer="""
d(1 / (1 + exp(-x)), x)
= d(exp(x) / (1 + exp(x)), x)
= (exp(x) * (1 + exp(x)) - exp(x) * exp(x)) / (1 + exp(x))**2
= exp(x) / (1 + exp(x)) * 1 / (1 + exp(x))
= sigmoid(x) * sigmoid(-x)
""",
)
sigmoid_slope_steps.accepted(
    "by_tanh",
    says="the sigmoid is written with tanh",
    answer="""
d(sigmoid(x), x)
= d((1 + tanh(x / 2)) / 2, x)
= 1/2 * d(tanh(x / 2), x)
= (1 - tanh(x / 2)**2) / 4
= (1 + tanh(x / 2)) / 2 * (1 - tanh(x / 2)) / 2
= sigmoid(x) * (1 - sigmoid(x))
""",
)
sigmoid_slope_steps.accepted(
    "numpy",
    says="with np.exp, powers written ^ and a sign of multiplication from paper",
    answer="""
d(1/(1 + np.exp(-x))) / d(x)
= -(1 + np.exp(-x))^(-2) · d(np.exp(-x))/d(x)
= np.exp(-x)·(1 + np.exp(-x))^(-2)
= σ(x)·(1 + np.exp(-x) − 1)/(1 + np.exp(-x))
= σ(x)·(1 − σ(x))
""",
)

# --- false lines


def false_line(answer_id, says, hint, answer):
    sigmoid_slope_steps.misconception(answer_id, says=says, hint=hint, answer=answer)


false_line(
    "inner_derivative_missing",
    "The inner derivative is missing: 1 + exp(-x) depends on x, too.",
    "By the chain rule the outer derivative is multiplied by another one. Which?",
    """
d(1 / (1 + exp(-x)), x)
= -1 / (1 + exp(-x))**2
= -sigmoid(x)**2
""",
)
false_line(
    "sign_of_the_exponent_lost",
    "The sign is wrong: there are two minus signs, one of 1/u and one of exp(-x), and only one is here.",
    "What is the derivative of exp(-x)? Does the sigmoid rise or fall?",
    """
d(1 / (1 + exp(-x)), x)
= -1 / (1 + exp(-x))**2 * d(1 + exp(-x), x)
= -exp(-x) / (1 + exp(-x))**2
= -sigmoid(x) * (1 - sigmoid(x))
""",
)
false_line(
    "square_lost",
    "The square below is lost.",
    "What is the derivative of 1/u with respect to u?",
    """
d(1 / (1 + exp(-x)), x)
= exp(-x) / (1 + exp(-x))
= 1 - sigmoid(x)
""",
)
false_line(
    "derivative_of_one",
    "In the quotient rule the derivative of the numerator is taken as 1; the numerator is constant.",
    "What is d(1, x)?",
    """
d(1 / (1 + exp(-x)), x)
= (d(1, x) * (1 + exp(-x)) - d(1 + exp(-x), x)) / (1 + exp(-x))**2
= (1 * (1 + exp(-x)) + exp(-x)) / (1 + exp(-x))**2
= sigmoid(x) + sigmoid(x) * (1 - sigmoid(x))
""",
)
false_line(
    "logarithm_for_a_power",
    "ln u is the antiderivative of 1/u and not its derivative.",
    "1/u is a power of u. Which one, and what is its derivative?",
    """
d(1 / (1 + exp(-x)), x)
= log(1 + exp(-x)) * d(1 + exp(-x), x)
= -log(1 + exp(-x)) * exp(-x)
""",
)
false_line(
    "power_rule_for_exp",
    "exp(-x) is differentiated like a power of x.",
    "In exp(-x) the variable stands in the exponent. What is the derivative of exp?",
    """
d(1 / (1 + exp(-x)), x)
= -d(1 + exp(-x), x) / (1 + exp(-x))**2
= x * exp(-x - 1) / (1 + exp(-x))**2
""",
)
false_line(
    "plus_at_the_end",
    "exp(-x) / (1 + exp(-x)) is 1 minus the sigmoid, and here it is 1 plus the sigmoid.",
    "Add exp(-x) / (1 + exp(-x)) and 1 / (1 + exp(-x)). What is the sum?",
    """
d(1 / (1 + exp(-x)), x)
= exp(-x) / (1 + exp(-x))**2
= sigmoid(x) * exp(-x) / (1 + exp(-x))
= sigmoid(x) * (1 + sigmoid(x))
""",
)
false_line(
    "slope_of_tanh",
    "This is the form of the slope of tanh, with the sigmoid in it.",
    "What is 1 - 1/(1 + exp(-x))**2, and what stands in the line above?",
    """
d(1 / (1 + exp(-x)), x)
= exp(-x) / (1 + exp(-x))**2
= 1 - sigmoid(x)**2
""",
)
false_line(
    "x_for_the_sigmoid",
    "The value of the sigmoid belongs into the product, and here it is x itself.",
    "Put x = 0 into this line and into the line above.",
    """
d(1 / (1 + exp(-x)), x)
= exp(-x) / (1 + exp(-x))**2
= x * (1 - x)
""",
)
