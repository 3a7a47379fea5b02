"""What a checked derivation looks like: for each line what was typed, its typeset form, a mark and a word."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from typing import Any

from mlp_utils.derivations.kinds import with_kind
from mlp_utils.derivations.route import Marked, Route
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.steps import FALSE, LATER, START, TRUE, UNDEFINED, UNREAD, Comparison, Difference, Step
from mlp_utils.derivations.typeset import latex

SYMBOLS = {START: "▸", TRUE: "✔", FALSE: "✘", UNDEFINED: "◌", UNREAD: "⊘", LATER: "·"}
WORDS = {
    START: "start",
    TRUE: "follows",
    FALSE: "does not follow",
    UNDEFINED: "has no value",
    UNREAD: "cannot be read",
    LATER: "not looked at",
}


@dataclass(frozen=True)
class Line:
    """One formula of a derivation as it is shown.

    number: of the typed line, from 1.
    text:   as typed.
    latex:  typeset; empty where the line could not be read.
    state:  a key of ``WORDS``.
    says:   what is wrong, in sentences; empty where nothing is.
    """

    number: int
    text: str
    latex: str
    state: str
    says: str = ""

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.state]

    @property
    def word(self) -> str:
        return WORDS[self.state]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def lines_of(marked: Marked, setting: Setting) -> tuple[Line, ...]:
    """The lines of a derivation; of the first false one the kind of mistake is looked for."""
    comparison = Comparison(setting)
    lines: list[Line] = []
    above: Step | None = None
    explained = False
    for step in marked.checked.steps:
        says = step.message
        if step.node is not None and step.meant:
            comparison.know(step.node)
        if step.difference is not None:
            difference = step.difference
            if not explained and above is not None and above.node is not None and step.node is not None and step.meant:
                difference = with_kind(comparison, above.node, step.node, difference)
            explained = True
            says = difference.says
            if difference.where or difference.lower:
                here = f"At {difference.where}: " if difference.where else ""
                says += f" {here}{_numbers(above, step, difference)}."
        shown = latex(step.node) if step.node is not None else ""
        lines.append(Line(step.line, step.text, shown, step.state, says))
        if step.meant and step.node is not None:
            above = step
    return tuple(lines)


def _numbers(above: Step | None, step: Step, difference: Difference) -> str:
    """The two values; formulas in one typed line are told apart by their order."""
    if above is None or above.line == step.line:
        return f"the formula above is {difference.upper}, this one is {difference.lower}"
    return f"line {above.line} is {difference.upper}, line {step.line} is {difference.lower}"


def headline(marked: Marked, route: Route) -> str:
    """What matters most, in one or two sentences; empty where all is done."""
    steps = marked.checked.steps
    if not steps:
        return "There is no line yet."
    slip = marked.checked.unread
    if marked.checked.gap is not None:
        return f"Line {marked.checked.gap.line} has a gap. {marked.checked.gap.message}"
    if slip is not None:
        return f"Line {slip.line} cannot be read. {slip.message}"
    if not marked.started:
        return f"The first line should be {' or '.join(route.start)}."
    if len(steps) == 1:
        return "There is only the first line yet."
    first = marked.checked.first_false
    if first is not None:
        return f"Line {first.line} is the first that does not follow from the line above."
    missing = [name for name in marked.way if name not in marked.reached]
    if not marked.ended:
        return f"Every line follows, but the last one is not the end yet: {route.end.says}."
    if missing and len(steps) == 2:
        return f"You jump from the first line to the last. What is missing in between: {', '.join(missing)}."
    if missing:
        names = ", ".join(missing)
        return (
            f"Every line follows, and the end is right. A step that is usually there was not seen: {names}. "
            "A person will look whether your way does without it."
        )
    return ""


def table_html(lines: tuple[Line, ...]) -> str:
    """The lines as a table for a notebook, which sets the formulas between dollar signs."""
    cell = 'style="text-align:left;padding:.15em .8em .15em 0;vertical-align:top"'
    head = "".join(f"<th {cell}>{word}</th>" for word in ("line", "", "as you typed it", "typeset", ""))
    body = "".join(
        f"<tr><td {cell}>{line.number}</td><td {cell}>{line.symbol}</td>"
        f"<td {cell}><code>{html.escape(line.text)}</code></td>"
        f"<td {cell}>{'$' + html.escape(line.latex) + '$' if line.latex else ''}</td>"
        f"<td {cell}>{line.word}{'. ' + html.escape(line.says) if line.says else ''}</td></tr>"
        for line in lines
    )
    return f'<table style="margin:.3em 0;width:auto">{"<tr>" + head + "</tr>"}{body}</table>'


def table_text(lines: tuple[Line, ...]) -> list[str]:
    """The same as lines of text."""
    width = max((len(line.text) for line in lines), default=0)
    said = [f"{line.word}. {line.says}" if line.says else line.word for line in lines]
    return [
        f"{line.number:3d} {line.symbol} {line.text.ljust(width)}  {words}"
        for line, words in zip(lines, said, strict=True)
    ]


@dataclass(frozen=True)
class LineTable:
    """The lines for a check's message: HTML in a notebook, text elsewhere."""

    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return "\n".join(table_text(self.lines))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return table_html(self.lines)
