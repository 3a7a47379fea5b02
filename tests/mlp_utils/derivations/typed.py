"""A formula as one types it, from its tree, with all brackets: the inverse of the reader."""

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


def typed(node: Node) -> str:
    match node:
        case Number():
            return node.text
        case Name():
            return node.id
        case Unary():
            return f"(-{typed(node.operand)})"
        case Binary():
            return f"({typed(node.left)} {node.op} {typed(node.right)})"
        case Call():
            return f"{node.function}({typed(node.argument)})"
        case Outer():
            return f"outer({typed(node.left)}, {typed(node.right)})"
        case Constant(kind="eye"):
            return f"eye({node.shape[0]})"
        case Constant():
            return f"{node.kind}({', '.join(node.shape)})"
        case Entry():
            return f"{typed(node.array)}[{', '.join(node.indices)}]"
        case Transpose():
            return f"{typed(node.operand)}.T"
        case Condition():
            return f"{typed(node.left)} {node.op} {typed(node.right)}"
        case Indicator():
            return f"1[{' and '.join(typed(c) for c in node.conditions)}]"
        case Kronecker():
            return f"delta({node.left}, {node.right})"
        case Over():
            span = f" in {node.range}" if node.range else ""
            conditions = f" if {' and '.join(typed(c) for c in node.conditions)}" if node.conditions else ""
            return f"{node.kind}({typed(node.body)} for {node.index}{span}{conditions})"
        case Total():
            axis = "" if node.axis is None else f"axis={node.axis}" + (", keepdims=True" if node.keepdims else "")
            return f"{typed(node.operand)}.sum({axis})"
        case Derivative():
            return f"d({typed(node.of)}, {typed(node.by)})"
    raise AssertionError(node)
