"""The typeset form of a line: LaTeX from its tree, as people write it on paper."""

from __future__ import annotations

from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Number,
    Over,
    Total,
    Transpose,
    Unary,
)

_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "lambda", "mu", "nu", "pi", "rho", "sigma", "tau"}
    | {"phi", "psi", "omega", "Delta", "Sigma"}
)
_FUNCTIONS = {
    "exp": r"\exp",
    "log": r"\ln",
    "sin": r"\sin",
    "cos": r"\cos",
    "tan": r"\tan",
    "arctan": r"\arctan",
    "sinh": r"\sinh",
    "cosh": r"\cosh",
    "tanh": r"\tanh",
    "sigmoid": r"\sigma",
}
_COMPARE = {"==": "=", "!=": r"\ne", "<": "<", "<=": r"\le", ">": ">", ">=": r"\ge"}
SUM, PRODUCT, SIGN, POWER, ATOM = 1, 2, 3, 4, 5


def latex(node: Node) -> str:
    """LaTeX without dollar signs."""
    return _Writer().write(node)[0]


class _Writer:
    """Writes a node and tells how tightly it binds, so that brackets stand where they are needed."""

    def write(self, node: Node) -> tuple[str, int]:
        method = getattr(self, f"write_{type(node).__name__.lower()}")
        text, tight = method(node)
        return text, tight

    def at_least(self, node: Node, tight: int) -> str:
        text, own = self.write(node)
        return text if own >= tight else rf"\left({text}\right)"

    def write_number(self, node: Number) -> tuple[str, int]:
        mantissa, _, exponent = node.text.lower().partition("e")
        return (rf"{mantissa}\cdot10^{{{int(exponent)}}}", PRODUCT) if exponent else (mantissa, ATOM)

    def write_name(self, node: Name) -> tuple[str, int]:
        return symbol(node.id), ATOM

    def write_unary(self, node: Unary) -> tuple[str, int]:
        return f"-{self.at_least(node.operand, PRODUCT)}", SIGN if isinstance(node.operand, Number) else SUM

    def write_binary(self, node: Binary) -> tuple[str, int]:
        if node.op == "/":
            return rf"\frac{{{self.write(node.left)[0]}}}{{{self.write(node.right)[0]}}}", ATOM
        if node.op == "**":
            return f"{self._base(node.left)}^{{{self.write(node.right)[0]}}}", POWER
        if node.op in "+-":
            right = self.at_least(node.right, PRODUCT if node.op == "-" else SUM)
            if right.startswith("-"):
                right = rf"\left({right}\right)"
            return f"{self.write(node.left)[0]}{node.op}{right}", SUM
        right = self.at_least(node.right, PRODUCT)
        if right.startswith("-"):
            right = rf"\left({right}\right)"
        if isinstance(node.left, Unary):  # (-a) b is written as -a b
            left, tight = f"-{self.at_least(node.left.operand, PRODUCT)}", SUM
        else:
            left, tight = self.at_least(node.left, PRODUCT), PRODUCT
        return f"{left}{self._times(node)}{right}", tight

    def _base(self, node: Node) -> str:
        text, tight = self.write(node)
        plain = tight >= ATOM and not isinstance(node, Call | Over | Derivative) and "frac" not in text[:5]
        return text if plain else rf"\left({text}\right)"

    def _times(self, node: Binary) -> str:
        if node.op == "@":
            return r"\,"
        if isinstance(node.right, Number):
            return r"\cdot "
        if self._is_array(node.left) and self._is_array(node.right):
            return r"\odot "
        return r"\,"

    def _is_array(self, node: Node) -> bool:
        """By its form: a capital letter, a transpose or a matrix product."""
        if isinstance(node, Name):
            return node.id[0].isupper() or (node.id[0] == "d" and node.id[1:2].isupper())
        return isinstance(node, Transpose) or (isinstance(node, Binary) and node.op == "@")

    def write_call(self, node: Call) -> tuple[str, int]:
        inside = self.write(node.argument)[0]
        if node.function == "abs":
            return rf"\left|{inside}\right|", ATOM
        if node.function == "sqrt":
            return rf"\sqrt{{{inside}}}", ATOM
        if node.function == "exp":
            return f"e^{{{inside}}}", POWER
        name = _FUNCTIONS.get(node.function, rf"\operatorname{{{node.function}}}")
        return rf"{name}\left({inside}\right)", ATOM

    def write_entry(self, node: Entry) -> tuple[str, int]:
        indices = "".join(node.indices) if all(len(i) == 1 for i in node.indices) else ",".join(node.indices)
        if isinstance(node.array, Name):
            base, _, low = symbol(node.array.id).partition("_")
            below = f"{low.strip('{}')},{indices}" if low else indices
            return f"{base}_{{{below}}}", ATOM
        return rf"\left({self.write(node.array)[0]}\right)_{{{indices}}}", ATOM

    def write_transpose(self, node: Transpose) -> tuple[str, int]:
        text, tight = self.write(node.operand)
        return (rf"{text}^\top" if tight >= ATOM else rf"\left({text}\right)^\top"), POWER

    def write_condition(self, node: Condition) -> tuple[str, int]:
        return f"{self.write(node.left)[0]}{_COMPARE[node.op]} {self.write(node.right)[0]}", SUM

    def _conditions(self, conditions: tuple[Condition, ...]) -> str:
        return r",\ ".join(self.write(condition)[0] for condition in conditions)

    def write_indicator(self, node: Indicator) -> tuple[str, int]:
        return rf"\mathbb 1\left[{self._conditions(node.conditions)}\right]", ATOM

    def write_kronecker(self, node: Kronecker) -> tuple[str, int]:
        return rf"\delta_{{{node.left}{node.right}}}", ATOM

    def write_over(self, node: Over) -> tuple[str, int]:
        sign = r"\sum" if node.kind == "sum" else r"\prod"
        below = symbol(node.index)
        if node.conditions:
            named = any(side == Name(node.index) for c in node.conditions for side in (c.left, c.right))
            below = self._conditions(node.conditions) if named else rf"{below}:\ {self._conditions(node.conditions)}"
        above = f"^{{{symbol(node.range)}}}" if node.range else ""
        return rf"{sign}_{{{below}}}{above}{self.at_least(node.body, PRODUCT)}", PRODUCT

    def write_total(self, node: Total) -> tuple[str, int]:
        axis = "" if node.axis is None else rf"_{{\text{{axis {node.axis}}}}}"
        return rf"\operatorname{{sum}}{axis}\left({self.write(node.operand)[0]}\right)", ATOM

    def write_derivative(self, node: Derivative) -> tuple[str, int]:
        by = self.write(node.by)[0]
        if isinstance(node.of, Name | Entry):
            return rf"\frac{{\partial {self.write(node.of)[0]}}}{{\partial {by}}}", ATOM
        return rf"\frac{{\partial}}{{\partial {by}}}\left({self.write(node.of)[0]}\right)", PRODUCT


def symbol(name: str) -> str:
    """A name as a symbol: epsilon as ε, W2 as W₂, dZ as ∂J/∂Z stays dZ, y_s as y with the index s."""
    base, low = name.rstrip("0123456789"), name[len(name.rstrip("0123456789")) :]
    if not low and "_" in name.strip("_"):
        base, _, low = name.partition("_")
    low = low.replace("_", r"\_")
    base = base.rstrip("_") or name
    if base in _GREEK:
        text = rf"\{base}"
    elif base == "lam":
        text = r"\lambda"
    elif len(base) == 1 or base in ("dZ", "dW", "dX", "dY", "dA", "db"):
        text = base
    else:
        text = rf"\mathit{{{base}}}".replace("_", r"\_")
    return f"{text}_{{{low}}}" if low else text
