from autograder.authoring import DERIVATION, Exercise, Form, Letter, Route, Setting

loss_by_logits = Exercise(
    "loss_by_logits",
    kind=DERIVATION,
    title="The loss by the logits",
    setting=Setting(
        {"z": Letter(("q",)), "ys": Letter(("q",), "share")},
        {"p": "softmax(z)", "L": "-sum(ys[i] * log(p[i]) for i)"},
    ),
    route=Route(
        start=("d(L, z[j])",),
        end=Form("no derivative and no sum is left", without=("a derivative", "a sum"), only=("p", "ys")),
        waypoints={
            "the chain rule with its sum": Form("", needs=("a derivative", "a sum", "p")),
            "the derivatives worked out": Form("", needs=("a sum", "p"), without=("a derivative",)),
        },
        ways=(("the chain rule with its sum", "the derivatives worked out"),),
    ),
)

loss_by_logits.accepted(
    "split",
    says="the sum is split into i = j and the others",
    answer="""
d(L, z[j]) = sum(d(L, p[i]) * d(p[i], z[j]) for i)
= -ys[j] / p[j] * p[j] * (1 - p[j]) + sum(ys[i] / p[i] * p[i] * p[j] for i if i != j)
= -ys[j] + sum(ys[i] for i) * p[j]
= p[j] - ys[j]
""",
)

loss_by_logits.misconception(
    "diagonal_only",
    says="Only the term i = j of the chain rule is there.",
    hint="Through how many probabilities does z[j] reach the loss?",
    answer="""
d(L, z[j])
= d(L, p[j]) * d(p[j], z[j])
= -ys[j] * (1 - p[j])
""",
)
loss_by_logits.misconception(
    "wrong_sign",
    says="The sign of the result is wrong.",
    hint="What is the sign of the derivative of -ln?",
    answer="""
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= ys[j] - p[j]
""",
)
