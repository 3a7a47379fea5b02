"""The typeset form of a line: LaTeX from its tree, as people write it on paper."""

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
_GRADIENTS = frozenset({"dZ", "dW", "dX", "dY", "dA", "db"})
_ODOT = r"\odot "
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
        return f"-{self._inside(node.operand, PRODUCT)}", SIGN if isinstance(node.operand, Number) else SUM

    def _inside(self, node: Node, tight: int) -> str:
        """After another sign: in brackets if it begins with a sign of its own."""
        text = self.at_least(node, tight)
        return rf"\left({text}\right)" if text.startswith("-") else text

    def write_binary(self, node: Binary) -> tuple[str, int]:
        if node.op == "/":
            return rf"\frac{{{self.write(node.left)[0]}}}{{{self.write(node.right)[0]}}}", ATOM
        if node.op == "**":
            return f"{self._base(node.left)}^{{{self.write(node.right)[0]}}}", POWER
        if node.op in "+-":
            right = self._inside(node.right, PRODUCT if node.op == "-" else SUM)
            return f"{self.write(node.left)[0]}{node.op}{right}", SUM
        sign = self._times(node)
        if isinstance(node.left, Unary):  # (-a) b is written as -a b
            left, tight = f"-{self._factor(node.left.operand, sign, left=True)}", SUM
        else:
            left, tight = self._factor(node.left, sign, left=True), PRODUCT
        right = self._factor(node.right, sign)
        if right[0].isdigit():
            sign = r"\cdot "
        return f"{left}{sign}{right}", tight

    def _factor(self, node: Node, sign: str, left: bool = False) -> str:
        """A side of a product: in brackets if it would take in what follows, or if two kinds of products meet."""
        text, tight = self.write(node)  # once: to write a part twice at each level would take forever
        product = isinstance(node, Binary) and node.op in "*@"
        mixed = product and (sign == _ODOT) != (self._times(node) == _ODOT)
        plain = tight >= PRODUCT and not text.startswith("-") and not mixed and not (left and _is_open(node))
        return text if plain else rf"\left({text}\right)"

    def _base(self, node: Node) -> str:
        text, tight = self.write(node)
        plain = tight >= ATOM and not isinstance(node, Call | Derivative) and not text.startswith(r"\frac")
        return text if plain else rf"\left({text}\right)"

    def _times(self, node: Node) -> str:
        if not isinstance(node, Binary) or node.op == "@":
            return r"\,"
        arrays = [self._is_array(side) for side in (node.left, node.right)]
        maybe = [isinstance(side, Indicator) for side in (node.left, node.right)]
        return _ODOT if any(arrays) and all(map(max, arrays, maybe)) else r"\,"

    def _is_array(self, node: Node) -> bool:
        """By its form: a capital letter, a transpose or a matrix product."""
        if isinstance(node, Name):
            return node.id[0].isupper() or (node.id[0] == "d" and node.id[1:2].isupper())
        return isinstance(node, Transpose | Outer) or (isinstance(node, Binary) and node.op == "@")

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
        short = all(len(index) == 1 and index.isalpha() for index in node.indices)
        indices = ("" if short else ",").join(node.indices).replace("_", r"\_")
        if isinstance(node.array, Name):
            base, low = parts(node.array.id)
            return f"{base}_{{{low},{indices}}}" if low else f"{base}_{{{indices}}}", ATOM
        if isinstance(node.array, Transpose) and isinstance(node.array.operand, Name) and len(node.indices) == 1:
            return self.write_entry(Entry(node.array.operand, (f":{indices}",)))
        return rf"\left({self.write(node.array)[0]}\right)_{{{indices}}}", ATOM

    def write_outer(self, node: Outer) -> tuple[str, int]:
        return rf"{self._factor(node.left, '', left=True)}\,{self._transposed(node.right)}", PRODUCT

    def write_constant(self, node: Constant) -> tuple[str, int]:
        sign = {"ones": r"\mathbf 1", "zeros": r"\mathbf 0", "eye": "I"}[node.kind]
        shape = node.shape[:1] if node.kind == "eye" else node.shape
        below = r"\times ".join(symbol(name) for name in shape)
        return f"{sign}_{{{below}}}", ATOM

    def write_transpose(self, node: Transpose) -> tuple[str, int]:
        return self._transposed(node.operand), POWER

    def _transposed(self, node: Node) -> str:
        text, tight = self.write(node)
        plain = tight >= ATOM and isinstance(node, Name | Entry | Constant | Indicator)
        return rf"{text}^\top" if plain else rf"\left({text}\right)^\top"

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
        elif node.range:
            below += "=1"
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


def _is_open(node: Node) -> bool:
    """Whether a formula ends with a sum, which would take in the factor that follows."""
    if isinstance(node, Binary) and node.op in "*@":
        return _is_open(node.right)
    return isinstance(node, Over)


def symbol(name: str) -> str:
    """A name as a symbol: epsilon as ε, W2 as W₂, yhat as ŷ, dZ stays dZ, y_s as y with the index s."""
    base, low = parts(name)
    return f"{base}_{{{low}}}" if low else base


def parts(name: str) -> tuple[str, str]:
    """The symbol of a name and its index."""
    base = name.rstrip("0123456789")
    low = name[len(base) :]
    if not low and "_" in name.strip("_"):
        base, _, low = name.partition("_") if not name.startswith("_") else (name, "", "")
    base = base.rstrip("_") or name
    plain = base.removesuffix("hat")
    if base in _GREEK:
        text = rf"\{base}"
    elif base == "lam":
        text = r"\lambda"
    elif base != plain and len(plain) == 1:
        text = rf"\hat{{{plain}}}"
    elif (len(base) == 1 and base != "_") or base in _GRADIENTS:
        text = base
    else:
        text = r"\mathit{" + base.replace("_", r"\_") + "}"
    return text, low.replace("_", r"\_")
