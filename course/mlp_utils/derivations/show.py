"""What a checked derivation looks like: for each line what was typed, its typeset form, a mark and a word."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
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

OPEN = "The points that are missing are open: a person reads it after you hand in."
"""What a check says of lines that cannot be read."""


@dataclass(frozen=True)
class Line:
    """One formula of a derivation as it is shown.

    number: of the typed line, from 1.
    text:   as typed.
    latex:  typeset; empty where the line could not be read.
    state:  a key of ``WORDS``.
    says:   what is wrong, in sentences; empty where nothing is.
    kind:   of the first false line, the kind of its mistake, see ``kinds``.
    """

    number: int
    text: str
    latex: str
    state: str
    says: str = ""
    kind: str = ""

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
    above: Step | None = None  # the nearest line that can be read
    explained = False
    for k, step in enumerate(marked.checked.steps):
        difference = step.difference
        unread = [one.line for one in marked.checked.steps[:k] if one.state == UNREAD and one.line > step.above > 0]
        between = list(dict.fromkeys(unread))
        readable = step.node is not None and step.meant
        if step.node is not None and step.meant:
            comparison.know(step.node)
            if difference is not None and above is not None and above.node is not None and not (explained or between):
                difference = with_kind(comparison, above.node, step.node, difference)
        explained |= difference is not None
        says = step.message if difference is None else _says(above, step, difference)
        if between and difference is not None:
            says = f"The mistake may also stand in {_lines(between)}. {says}"
        elif between and step.state == TRUE:
            were = "was" if len(between) == 1 else "were"
            says = f"It is equal to line {step.above}; {_lines(between)} in between {were} not compared."
        elif step.state == TRUE and above is not None and step.above != above.line:
            says = f"It is equal to line {step.above}."
        elif explained and step.state == TRUE and not step.sound:
            says = "It follows from a false line."
        shown = latex(step.node) if step.node is not None else ""
        lines.append(Line(step.line, step.text, shown, step.state, says, difference.kind if difference else ""))
        above = step if readable else above
    return tuple(lines)


def _says(above: Step | None, step: Step, difference: Difference) -> str:
    """What is wrong, with the place and the numbers that show it."""
    if not (difference.where or difference.lower):
        return difference.says
    here = f"At {difference.where}: " if difference.where else ""
    return f"{difference.says} {here}{_numbers(above, step, difference)}."


def _numbers(above: Step | None, step: Step, difference: Difference) -> str:
    """The two values; formulas in one typed line are told apart by their order."""
    if above is None or above.line == step.line:
        return f"the formula above is {difference.upper}, this one is {difference.lower}"
    return f"line {above.line} is {difference.upper}, line {step.line} is {difference.lower}"


def _lines(numbers: Sequence[int]) -> str:
    return f"line{'' if len(numbers) == 1 else 's'} {_and(numbers)}"


def _and(numbers: Iterable[int]) -> str:
    *before, last = map(str, dict.fromkeys(numbers))
    return f"{', '.join(before)} and {last}" if before else last


def headline(marked: Marked, route: Route, unread: str = OPEN) -> str:
    """What matters most, in a few sentences: first a false line, then lines that cannot be read, then gaps.

    unread: what becomes of lines that cannot be read.
    """
    checked = marked.checked
    if not checked.steps:
        return "There is no line yet."
    said = []
    if not marked.started and checked.steps[0].state != UNREAD:
        said.append(f"The first line should be {' or '.join(route.start)}.")
    elif checked.first_false is not None:
        said.append(f"Line {checked.first_false.line} is the first that does not follow from the line above.")
        if marked.passed:
            said.append("The other lines do without it; take it out.")
    open_ = "The points do without it; take it out." if marked.passed else unread
    said += [*_unread(checked.slips, open_), *_gaps(checked.gaps)]
    if said:
        return " ".join(said)
    if len(checked.steps) == 1:
        return "There is only the first line yet."
    if not marked.ended:
        return f"Every line follows, but the last one is not the end yet. At the end, {route.end.says}."
    missing = [name for name in marked.way if name not in marked.reached]
    if missing and len(checked.steps) == 2:
        return f"You jump from the first line to the last. What is missing in between: {', '.join(missing)}."
    if marked.asks:
        return (
            "Every line follows, and the end is right. A step that is usually there was not seen: "
            f"{', '.join(missing)}. A person will look whether your way does without it."
        )
    if missing:
        return f"Every line follows, and the end is right. What is missing in between: {', '.join(missing)}."
    return ""


def _unread(slips: Sequence[Step], then: str) -> list[str]:
    if not slips:
        return []
    if len(slips) == 1:
        return [f"Line {slips[0].line} cannot be read. {slips[0].message} {then}".rstrip()]
    return [f"Lines {_and(step.line for step in slips)} cannot be read; the table says why. {then}".rstrip()]


def _gaps(gaps: Sequence[Step]) -> list[str]:
    if not gaps:
        return []
    others = f" So have lines {_and(step.line for step in gaps[1:])}." if len(gaps) > 2 else ""
    others = f" So has line {gaps[1].line}." if len(gaps) == 2 else others
    return [f"Line {gaps[0].line} has a gap. {gaps[0].message}{others}"]


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
