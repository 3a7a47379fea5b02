"""A setting with its definitions read, and what formulas mean in it; several evaluators share one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlp_utils.derivations.forms import written_out
from mlp_utils.derivations.ranges import bound_apart, definitions_of, free_of, letters_of, spans_of
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.tree import Name, Node, rebuilt

KEPT = 16


@dataclass(frozen=True)
class Meant:
    """A formula whose indices are known.

    node:  with names of indices that stand for one range each.
    spans: the range of each index.
    free:  the free indices, sorted.
    """

    node: Node
    spans: Mapping[str, str]
    free: tuple[str, ...]


class Meaning:
    """formulas: the definitions; ``uses`` the names that each needs; ``defined`` the ranges of their own indices."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.formulas, self.defined = definitions_of(setting)
        self.uses = {name: letters_of(node, self.formulas) for name, node in self.formulas.items()}
        self._kept: dict[tuple[Node, tuple[tuple[str, str], ...]], Meant] = {}

    def of(self, node: Node, known: Mapping[str, str]) -> Meant:
        """The meaning of a formula; ``known`` are the ranges of indices as earlier lines tell them."""
        key = (node, tuple(sorted(known.items())))
        meant = self._kept.pop(key, None)
        if meant is None:
            apart = bound_apart(node, self.setting, self.formulas)
            spans = spans_of(apart, self.setting, self.formulas, self.defined | dict(known))
            meant = Meant(apart, spans, tuple(free_of(node, spans)))
        remember(self._kept, key, meant)
        return meant

    def by_name(self, of: Node, name: str) -> Node:
        """What is differentiated by a defined name, with that name where its formula is written out.

        With Y = W @ X the derivative of sum(dY * (W @ X)) by Y is dY, although it does not contain the letter Y.
        """
        if name not in self.formulas or name in letters_of(of, self.formulas):
            return of
        formula = written_out(self.formulas[name], {})

        def change(part: Node) -> Node:
            if type(part) is type(formula) and written_out(part, {}) == formula:
                return Name(name)
            if isinstance(part, Name) and part.id in self.formulas:
                inner = change(self.formulas[part.id])
                return part if inner == self.formulas[part.id] else inner
            return rebuilt(part, change)

        return change(of)


def remember(kept: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep the value as the newest one, and no more than ``KEPT`` of them."""
    if len(kept) >= KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
