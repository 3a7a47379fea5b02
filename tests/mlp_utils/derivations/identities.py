"""Identities that hold wherever their left side has a value; a rule gives None where it does not fit."""

from __future__ import annotations

from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Constant,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Number,
    Outer,
    Over,
    Total,
    Transpose,
    Unary,
    free_indices,
)

from .grammar import (
    ONE,
    SPANS,
    TWO,
    ZERO,
    Grammar,
    Rule,
    call,
    minus,
    over,
    plus,
    power,
    renamed_in,
    shape,
    times,
    uses,
)

NUMBERS: list[Rule] = []
ARRAYS: list[Rule] = []
DERIVATIVES: list[Rule] = []


def number(rule: Rule) -> Rule:
    NUMBERS.append(rule)
    return rule


def array(rule: Rule) -> Rule:
    ARRAYS.append(rule)
    return rule


def free(node: Node) -> frozenset[str]:
    return free_indices(node, frozenset(SPANS))


def positive(node: Node) -> bool:
    if isinstance(node, Number):
        return float(node.text) > 0
    if isinstance(node, Name):
        return node.id in ("t", "u", "n", "q", "m")
    if isinstance(node, Call):
        return node.function in ("exp", "sigmoid", "softplus", "cosh")
    if isinstance(node, Entry):
        return isinstance(node.array, Call) and node.array.function == "softmax"
    return isinstance(node, Binary) and node.op in "+*/" and positive(node.left) and positive(node.right)


# --- numbers -------------------------------------------------------------------------------------------------------


@array
@number
def commuted(grammar: Grammar, node: Node) -> Node | None:
    if isinstance(node, Binary) and node.op in "+*":
        return Binary(node.op, node.right, node.left)
    return None


@array
@number
def regrouped(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Binary("+", Binary("+", a, b), c):
            return plus(a, plus(b, c))
        case Binary("*", Binary("*", a, b), c):
            return times(a, times(b, c))
        case Binary("-", a, Binary("+", b, c)):
            return minus(minus(a, b), c)
        case Binary("-", a, b):
            return plus(a, Unary(b))
        case Unary(Binary("+", a, b)):
            return minus(Unary(a), b)
        case Unary(Binary("-", a, b)):
            return minus(b, a)
        case Unary(Unary(a)):
            return a
        case Unary(a):
            return times(Unary(ONE), a)
    return None


@array
@number
def distributed(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Binary("*", a, Binary("+" | "-" as op, b, c)):
            return Binary(op, times(a, b), times(a, c))
        case Binary("*", Binary("+" | "-" as op, a, b), c):
            return Binary(op, times(a, c), times(b, c))
        case Binary("/", Binary("+" | "-" as op, a, b), c):
            return Binary(op, over(a, c), over(b, c))
        case Binary("+" | "-" as op, Binary("*", a, b), Binary("*", c, d)) if a == c:
            return times(a, Binary(op, b, d))
    return None


@number
def neutral(grammar: Grammar, node: Node) -> Node | None:
    if grammar.rng.random() < 0.8:
        return None
    pieces = (plus(node, ZERO), times(ONE, node), minus(times(TWO, node), node), plus(over(node, TWO), over(node, TWO)))
    return grammar.pick(pieces)


@number
def powers(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Binary("*", a, b) if a == b:
            return power(a, 2)
        case Binary("**", a, Number("2")):
            return times(a, a)
        case Binary("/", a, b):
            return grammar.pick((times(a, power(b, -1)), times(a, over(ONE, b))))
    return None


@number
def one(grammar: Grammar, node: Node) -> Node | None:
    if node != ONE:
        return None
    index = grammar.fresh("q")
    sums = [Over("sum", Entry(call("softmax", Name("s")), (index,)), index)] if index else []
    squares = plus(power(call("sin", Name("x")), 2), power(call("cos", Name("x")), 2))
    return grammar.pick([squares, minus(power(call("cosh", Name("y")), 2), power(call("sinh", Name("y")), 2)), *sums])


@number
def logarithms(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Call("exp", Binary("+", a, b)):
            return times(call("exp", a), call("exp", b))
        case Call("exp", Binary("-", a, b)):
            return over(call("exp", a), call("exp", b))
        case Call("exp", Unary(a)):
            return over(ONE, call("exp", a))
        case Call("log", Call("exp", a)):
            return a
        case Call("log", Binary("*", a, b)) if positive(a) and positive(b):
            return plus(call("log", a), call("log", b))
        case Call("log", Binary("/", a, b)) if positive(a) and positive(b):
            return minus(call("log", a), call("log", b))
        case Call("log", Binary("**", a, b)) if positive(a):
            return times(b, call("log", a))
    if positive(node) and grammar.rng.random() < 0.2:
        return grammar.pick((call("exp", call("log", node)), power(call("sqrt", node), 2)))
    return None


@number
def functions(grammar: Grammar, node: Node) -> Node | None:
    if not isinstance(node, Call):
        return None
    a = node.argument
    up, down = call("exp", a), call("exp", Unary(a))
    known = {
        "sigmoid": (
            over(ONE, plus(ONE, down)),
            minus(ONE, call("sigmoid", Unary(a))),
            over(plus(ONE, call("tanh", over(a, TWO))), TWO),
            over(up, plus(ONE, up)),
        ),
        "tanh": (
            minus(times(TWO, call("sigmoid", times(TWO, a))), ONE),
            over(minus(up, down), plus(up, down)),
            over(call("sinh", a), call("cosh", a)),
        ),
        "sinh": (over(minus(up, down), TWO), Unary(call("sinh", Unary(a)))),
        "cosh": (over(plus(up, down), TWO), call("cosh", Unary(a))),
        "softplus": (call("log", plus(ONE, up)), plus(a, call("softplus", Unary(a)))),
        "relu": (times(a, Indicator((Condition(">", a, ZERO),))), over(plus(a, call("abs", a)), TWO)),
        "abs": (plus(call("relu", a), call("relu", Unary(a))), times(a, call("sign", a))),
        "sign": (minus(Indicator((Condition(">", a, ZERO),)), Indicator((Condition("<", a, ZERO),))),),
        "tan": (over(call("sin", a), call("cos", a)),),
        "sin": (Unary(call("sin", Unary(a))), times(times(TWO, call("sin", over(a, TWO))), call("cos", over(a, TWO)))),
        "cos": (minus(ONE, times(TWO, power(call("sin", over(a, TWO)), 2))),),
        "arctan": (Unary(call("arctan", Unary(a))),),
    }
    return grammar.pick(known[node.function]) if node.function in known else None


@number
def added_angles(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Call("sin", Binary("+", a, b)):
            return plus(times(call("sin", a), call("cos", b)), times(call("cos", a), call("sin", b)))
        case Call("cos", Binary("-", a, b)):
            return plus(times(call("cos", a), call("cos", b)), times(call("sin", a), call("sin", b)))
    return None


@number
def sums(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Over("sum", Binary("+" | "-" as op, a, b), index, span, conditions) if {index} <= free(a) & free(b):
            return Binary(op, Over("sum", a, index, span, conditions), Over("sum", b, index, span, conditions))
        case Over("sum", Unary(a), index, span, conditions):
            return Unary(Over("sum", a, index, span, conditions))
        case Over("sum", Binary("*", a, b), index, span, conditions) if index not in free(a) and index in free(b):
            return times(a, Over("sum", b, index, span, conditions))
        case Over("sum", Over("sum", a, inner, "", ()), index, "", ()) if inner != index:
            return Over("sum", Over("sum", a, index), inner)
        case Binary("*", a, Over("sum", b, index, span, conditions)) if index not in uses(a):
            return Over("sum", times(a, b), index, span, conditions)
        case Binary("+", Over("sum", a, i, "", ()), Over("sum", b, j, "", ())) if i == j:
            return Over("sum", plus(a, b), i)
    return None


@number
def split_sums(grammar: Grammar, node: Node) -> Node | None:
    if not isinstance(node, Over) or node.kind != "sum" or node.conditions:
        return None
    outside = sorted(name for name in free(grammar.line) if SPANS[name] == SPANS[node.index] and name not in uses(node))
    if outside:
        name = grammar.pick(outside)
        rest = Over("sum", node.body, node.index, "", (Condition("!=", Name(node.index), Name(name)),))
        return plus(renamed_in(node.body, node.index, name), rest)
    new = grammar.fresh(SPANS[node.index])
    return Over("sum", renamed_in(node.body, node.index, new), new) if new else None


@number
def contracted(grammar: Grammar, node: Node) -> Node | None:
    """An entry as a sum with a Kronecker delta, and back; δ as a condition."""
    match node:
        case Kronecker(a, b):
            return grammar.pick((Kronecker(b, a), Indicator((Condition("==", Name(a), Name(b)),))))
        case Entry(Name(name), (first, *rest)):
            new = grammar.fresh(SPANS[first])
            if new and grammar.rng.random() < 0.3:
                return Over("sum", times(Kronecker(first, new), Entry(Name(name), (new, *rest))), new)
        case Over("sum", Binary("*", Kronecker(a, b), body), index, "", ()) if b == index and a not in uses(body):
            return renamed_in(body, index, a)
    return None


@number
def entries(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Entry(Call("softmax", Name("s")), (k,)):
            index = grammar.fresh("q")
            if index:
                return over(
                    call("exp", Entry(Name("s"), (k,))), Over("sum", call("exp", Entry(Name("s"), (index,))), index)
                )
        case Entry(Name(name), (a, b)):
            return Entry(Transpose(Name(name)), (b, a))
        case Entry(Transpose(inner), (a, b)):
            return Entry(inner, (b, a))
        case Binary("*", Entry(Name(a), (i,)), Entry(Name(b), (k,))):
            return Entry(Outer(Name(a), Name(b)), (i, k))
        case Over("sum", Binary("*", Entry(Name(a), (i,)), Entry(Name(b), (j,))), index, "", ()) if i == j == index:
            return Binary("@", Name(a), Name(b))
        case Over("sum", Binary("*", Entry(Name(a), (i, k)), Entry(Name(b), (l,))), index, "", ()) if (
            k == l == index != i
        ):
            return Entry(Binary("@", Name(a), Name(b)), (i,))
    return None


@number
def totals(grammar: Grammar, node: Node) -> Node | None:
    if not isinstance(node, Total) or node.axis is not None:
        return None
    lengths = shape(node.operand)
    names = [grammar.fresh(span) for span in lengths]
    if None in names or len(set(names)) < len(names):
        return Total(Transpose(node.operand)) if len(lengths) == 2 else node.operand if not lengths else None
    if len(lengths) == 1:
        ways = [Binary("@", node.operand, Constant("ones", lengths))]
        if isinstance(node.operand, Name):
            ways.append(Over("sum", Entry(node.operand, (names[0],)), names[0]))
        return grammar.pick(ways)
    if isinstance(node.operand, Name):
        return Over("sum", Over("sum", Entry(node.operand, tuple(names)), names[1]), names[0])
    return grammar.pick((Total(Total(node.operand, 0), None), Total(Total(node.operand, 1), None)))


# --- arrays ------------------------------------------------------------------------------------------------------


@array
def transposed(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Transpose(Binary("@", a, b)) if len(shape(a)) == len(shape(b)) == 2:
            return Binary("@", Transpose(b), Transpose(a))
        case Transpose(Binary("+" | "-" | "*" as op, a, b)) if shape(a) == shape(b):
            return Binary(op, Transpose(a), Transpose(b))
        case Transpose(Transpose(a)):
            return a
        case Transpose(Call(function, a)) if function not in ("softmax", "diag"):
            return call(function, Transpose(a))
        case Transpose(Outer(a, b)):
            return Outer(b, a)
        case Binary("@", a, b) if len(shape(a)) == len(shape(b)) == 2:
            return Transpose(Binary("@", Transpose(b), Transpose(a)))
        case Binary("@", a, b) if len(shape(a)) == 2 and len(shape(b)) == 1:
            return Binary("@", b, Transpose(a))
    if len(shape(node)) == 2 and grammar.rng.random() < 0.2:
        return Transpose(Transpose(node))
    return None


@array
def multiplied(grammar: Grammar, node: Node) -> Node | None:
    match node:
        case Binary("@", Binary("@", a, b), c) if len(shape(a)) == len(shape(b)) == 2:
            return Binary("@", a, Binary("@", b, c))
        case Binary("@", a, Binary("+" | "-" as op, b, c)) if shape(b) == shape(c):
            return Binary(op, Binary("@", a, b), Binary("@", a, c))
        case Binary("@", Binary("*", a, b), c) if not shape(a):
            return times(a, Binary("@", b, c))
        case Binary("@", Outer(a, b), c) if len(shape(c)) == 1:
            return times(a, Binary("@", b, c))
        case Binary("*", a, b) if shape(a) == shape(b) and len(shape(a)) == 1:
            return Binary("@", call("diag", a), b)
        case Binary("*", Outer(a, b), Outer(c, d)):
            return Outer(times(a, c), times(b, d))
    if len(shape(node)) == 2 and grammar.rng.random() < 0.2:
        return Binary("@", Constant("eye", (shape(node)[0],) * 2), node)
    return None


@array
def array_functions(grammar: Grammar, node: Node) -> Node | None:
    return functions(grammar, node) if isinstance(node, Call) and node.function not in ("softmax", "diag") else None


# --- derivatives -------------------------------------------------------------------------------------------------


def rule_of_derivatives(grammar: Grammar, node: Node) -> Node | None:
    """One rule of differentiation, from the outside."""
    assert isinstance(node, Derivative)
    of, by = node.of, node.by
    indices = set(by.indices) if isinstance(by, Entry) else set()
    letter = by.array if isinstance(by, Entry) else by

    def slope(part: Node) -> Node:
        return Derivative(part, by)

    match of:
        case Number() | Kronecker() | Indicator():
            return ZERO
        case Name():
            return ONE if of == by else ZERO
        case Entry(Name() as name, mine):
            if name != letter or not isinstance(by, Entry):
                return ZERO
            deltas: list[Node] = [Kronecker(a, b) for a, b in zip(mine, by.indices, strict=True)]
            return times(deltas[0], deltas[1]) if len(deltas) == 2 else deltas[0]
        case Entry(Call("softmax", Name("s")), (k,)):
            if letter != Name("s") or not isinstance(by, Entry):
                return ZERO
            return times(of, minus(Kronecker(k, by.indices[0]), Entry(call("softmax", Name("s")), by.indices)))
        case Unary(a):
            return Unary(slope(a))
        case Binary("+" | "-" as op, a, b):
            return Binary(op, slope(a), slope(b))
        case Binary("*", a, b) if not shape(a) and not shape(b):
            return plus(times(slope(a), b), times(a, slope(b)))
        case Binary("/", a, b):
            return over(minus(times(slope(a), b), times(a, slope(b))), power(b, 2))
        case Binary("**", a, Number(text)) if text.isdecimal():
            return times(times(of.right, power(a, int(text) - 1)), slope(a))
        case Call(function, a) if function in SLOPES:
            return times(SLOPES[function](a), slope(a))
        case Over("sum", body, index, span, conditions) if index not in indices:
            return Over("sum", slope(body), index, span, conditions)
    return None


SLOPES = {
    "exp": lambda a: call("exp", a),
    "log": lambda a: over(ONE, a),
    "sqrt": lambda a: over(ONE, times(TWO, call("sqrt", a))),
    "sin": lambda a: call("cos", a),
    "cos": lambda a: Unary(call("sin", a)),
    "tan": lambda a: plus(ONE, power(call("tan", a), 2)),
    "arctan": lambda a: over(ONE, plus(ONE, power(a, 2))),
    "sinh": lambda a: call("cosh", a),
    "cosh": lambda a: call("sinh", a),
    "tanh": lambda a: minus(ONE, power(call("tanh", a), 2)),
    "sigmoid": lambda a: times(call("sigmoid", a), minus(ONE, call("sigmoid", a))),
    "softplus": lambda a: call("sigmoid", a),
    "relu": lambda a: Indicator((Condition(">", a, ZERO),)),
    "abs": lambda a: call("sign", a),
}
DERIVATIVES.append(rule_of_derivatives)
