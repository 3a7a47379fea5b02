"""What the tests of derivations share: the first false line of a derivation with its kind of mistake."""

from __future__ import annotations

from dataclasses import dataclass

from mlp_utils.derivations.kinds import with_kind
from mlp_utils.derivations.setting import Letter, Setting
from mlp_utils.derivations.steps import FALSE, START, TRUE, UNREAD, Comparison, Step, check_steps


@dataclass(frozen=True)
class Seen:
    """line and state of the first formula that is not equal to the one above it; line 0 where all are."""

    line: int
    state: str
    kind: str
    says: str


def look(text: str, setting: Setting) -> Seen:
    """Check a derivation, and look for the kind of mistake as a notebook does."""
    comparison = Comparison(setting)
    above: Step | None = None
    for step in check_steps(text, setting).steps:
        if step.state == UNREAD:
            return Seen(step.line, step.state, "", step.message)
        assert step.node is not None
        if step.meant:
            comparison.know(step.node)
        if step.state not in (START, TRUE):
            difference = step.difference
            assert difference is not None
            if step.meant and above is not None and above.node is not None:
                difference = with_kind(comparison, above.node, step.node, difference)
            return Seen(step.line, step.state, difference.kind, difference.says)
        above = step
    return Seen(0, TRUE, "", "")


def kind_of(upper: str, lower: str, setting: Setting) -> str:
    """The kind of mistake of a second line; "" where it follows."""
    seen = look(f"{upper}\n{lower}", setting)
    assert seen.state in (TRUE, FALSE, "undefined"), seen.says
    return seen.kind


def setting(definitions: dict[str, str] | None = None, **letters: str) -> Setting:
    """A setting in short: x="", z="q", W="n q", y="q share"."""
    domains = ("real", "positive", "unit", "share", "one-hot")
    made = {}
    for name, text in letters.items():
        words = text.split()
        domain = words.pop() if words and words[-1] in domains else "real"
        made[name] = Letter(tuple(words), domain)
    return Setting(made, definitions or {})
