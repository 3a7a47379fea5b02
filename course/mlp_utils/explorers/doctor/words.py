"""What the gradient doctor says: findings, where to look, why a diagnosis does not fit, the text alternative.

Plain text and HTML only: no picture, no widget.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Final

from mlp_utils.explorers.doctor.mistakes import MISTAKES, mistake
from mlp_utils.explorers.doctor.model import SHAPES, STEPS, Finding, Signature, Training
from mlp_utils.explorers.doctor.state import DoctorEvaluation, DoctorState, evaluate
from mlp_utils.explorers.text import readout_frame, short_number, table_row

__all__ = [
    "decimals",
    "describe",
    "diagnosis",
    "diagnosis_html",
    "heading",
    "letters",
    "misfit",
    "notes",
    "readout_html",
    "shape_text",
    "verdict",
    "where_to_look",
]

_RATIO_GAP: Final = 0.02  # ratios nearer to each other than this are called close
_COSINE_GAP: Final = 0.002
_ONE: Final = 1e-6  # a cosine this near to 1 is called 1, a ratio this near to a number is called that number
_SAME_END: Final = 1.1  # a last loss up to this many times the right one looks right


def decimals(value: float) -> str:
    """Three decimals (none from 100 on) with a true minus sign, "—" for a number that does not exist."""
    if math.isnan(value):
        return "—"
    text = f"{value + 0.0:.3f}" if abs(value) < 100 else f"{value:.0f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def shape_text(shape: Sequence[int]) -> str:
    """A shape as NumPy writes it: "(5, 3)", "(3,)"."""
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def letters(name: str) -> str:
    """The shape of a gradient in letters: "(H, C)", "(C,)"."""
    parts = SHAPES[name]
    return f"({parts},)" if len(parts) == 1 else f"({', '.join(parts)})"


def verdict(finding: Finding) -> str:
    """ "right", "wrong", "wrong shape" or "not made"."""
    if finding.got is None:
        return "not made"
    if not finding.same_shape:
        return "wrong shape"
    return "right" if finding.right else "wrong"


def heading(state: DoctorState) -> str:
    """The name of what is shown: the mistake, or the number of the mystery."""
    title = state.shown.title
    if not state.mystery:
        return f"Mistake: {title}"
    return f"Mystery {state.mystery}: {title}" if state.named else f"Mystery {state.mystery}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _verb(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


# -- the rule of localisation --------------------------------------------------------------------


def where_to_look(state: DoctorState, found: Signature) -> str:
    """The rule of localisation: which arrays are wrong tells which lines to read."""
    wrong = found.wrong
    if found.trouble:
        return "The program stops with a ValueError: write the two shapes beside each other in the line that it names."
    if not wrong:
        return (
            "Every array is right at these settings, so they cannot show this mistake. Change N, the other sizes or ε."
        )
    misshapen = [name for name in wrong if not found[name].same_shape]
    if misshapen:
        return (
            f"{_listed(misshapen)} {'has' if len(misshapen) == 1 else 'have'} a wrong shape: look at the product, the "
            "transpose or the axis of the sum that makes it."
        )
    if set(wrong) == {"db2", "db1"}:
        return "Only the biases are wrong: look at their reduction over the samples."
    if len(wrong) == 1:
        return f"Only {wrong[0]} is wrong, and no other array is computed from it: look at the line that makes it."
    if found["dW2"].right and found["db2"].right:
        return (
            "dW2 and db2 are right, which speaks for dZ2. Layer 1 is wrong: look between dZ2 and dZ1, at the "
            "transpose of W2, at the mask, and at whether W2 is still the old one."
        )
    if len(wrong) == len(found.findings):
        return _all_wrong(state, found)
    return f"Look at what the lines of {_listed(wrong)} have in common and the others have not."


def _all_wrong(state: DoctorState, found: Signature) -> str:
    ratios = [finding.ratio for finding in found.findings]
    same = max(ratios) - min(ratios) <= _ONE * abs(ratios[0])
    if not (same and all(abs(abs(finding.cosine) - 1) <= _ONE for finding in found.findings)):
        return (
            "Every array is wrong, and not by one common factor: dZ2 itself is wrong. Look at P, at Ys, at the "
            "line of dZ2, and at whether the cache belongs to this batch."
        )
    n, c = state.samples, state.classes
    known = {"N": n, "1/N": 1 / n, "1/C": 1 / c, "−1": -1.0, "2": 2.0}
    fits = [name for name, value in known.items() if abs(ratios[0] - value) <= _ONE * abs(value)]
    said = f", which is {' or '.join(fits)}" if fits and fits not in (["−1"], ["2"]) else ""
    return (
        f"Every array has the same ratio {decimals(ratios[0])}{said}, with cosine {'1' if ratios[0] > 0 else '−1'}: "
        "look for a number or a sign in dZ2, or for a sum over several calls."
    )


# -- the mystery ---------------------------------------------------------------------------------


def misfit(hidden: Signature, guess: Signature) -> str:
    """Why a guess does not explain what is seen; "" if it explains every number.

    The plainest difference is named: an error, an array that is right in one of them only, a shape, a ratio, a cosine.
    """
    if guess.same_as(hidden):
        return ""
    if guess.trouble != hidden.trouble:
        if not hidden.trouble:
            return "It raises a ValueError at these sizes, and here no line does."
        what = "another one" if guess.trouble else "no ValueError"
        return f"Here a ValueError is raised; it raises {what} at these sizes."
    pairs = list(zip(guess.findings, hidden.findings, strict=True))
    for g, h in pairs:
        if g.right and not h.right:
            return f"It leaves {g.name} right, and here {g.name} is wrong."
        if h.right and not g.right:
            return f"It makes {g.name} wrong, and here {g.name} is right."
    for g, h in pairs:
        if g.got is not None and h.got is not None and g.got.shape != h.got.shape:
            return f"It gives {g.name} the shape {shape_text(g.got.shape)}; here it is {shape_text(h.got.shape)}."
    for kind, gap in (("ratio", _RATIO_GAP), ("cosine", _COSINE_GAP)):
        values = [(g.name, getattr(g, kind), getattr(h, kind)) for g, h in pairs]
        distances = [_distance(a, b) for _, a, b in values]
        at = max(range(len(values)), key=distances.__getitem__)
        if distances[at] > gap:
            name, a, b = values[at]
            return f"It gives {name} the {kind} {decimals(a)}; here it is {decimals(b)}."
    name = next(h.name for g, h in pairs if not Signature((g,)).same_as(Signature((h,))))
    return f"Its ratios and cosines are close to these, but the entries of {name} are not the same."


def _distance(a: float, b: float) -> float:
    """How far two numbers are apart, relative to the larger; 0 if one of them does not exist."""
    return 0.0 if math.isnan(a) or math.isnan(b) else abs(a - b) / max(abs(a), abs(b), 1e-3)


def _twins(state: DoctorState, found: Signature) -> list[str]:
    """The titles of the other mistakes that give exactly the same arrays at these settings."""
    others = [each for each in MISTAKES if each.id != state.shown.id]
    return [each.title for each in others if state.signature_of(each.id).same_as(found)]


def _lower(sentence: str) -> str:
    """A sentence to stand after a colon; names of arrays keep their letters."""
    first = sentence.split(maxsplit=1)[0]
    return sentence[0].lower() + sentence[1:] if first == "A" or first[1:].islower() else sentence


def diagnosis(state: DoctorState) -> str:
    """What is said of the mystery: the question, why the guess does not fit, or the answer ("" without a mystery)."""
    if not state.mystery:
        return ""
    shown, guess = state.shown, mistake(state.guess).title if state.guess else ""
    if state.solved and state.guess == shown.id:
        return f"Your diagnosis is right: “{guess}” explains every number."
    if state.solved:
        return (
            f"Your diagnosis, “{guess}”, explains every number. The hidden mistake is “{shown.title}”, and nobody can "
            "tell the two apart at these settings."
        )
    if state.given_up:
        return f"The answer: “{shown.title}” (group {shown.group})."
    if guess:
        reason = misfit(evaluate(state).signature, state.signature_of(state.guess))
        return f"Not “{guess}”: {_lower(reason)}"
    return (
        "Which mistake gives these arrays? Say first which lines must be right; then choose a group and a mistake, and "
        "check your diagnosis."
    )


# -- notes, text alternative, readout ------------------------------------------------------------


def notes(state: DoctorState) -> list[str]:
    """Sentences about this state: the lines of code, what is seen, where to look, what hides it, training.

    While a mystery is not solved they name nothing; where to look is said after a first guess.
    """
    here = evaluate(state)
    found = here.signature
    stop = [f"{found.trouble}."] if found.trouble else []
    look = f"Where to look: {_lower(where_to_look(state, found))}"
    if not state.named:
        return [*stop, *([look] if state.guess or not found.wrong else []), _training_note(here)]
    shown = state.shown
    twins = _twins(state, found)
    # That all which is invisible looks alike is said already.
    alike = [f"At these settings it cannot be told from “{'”, “'.join(twins)}”."] if twins and found.wrong else []
    return [
        f"Right: {shown.right}",
        f"Mistaken: {shown.wrong}",
        f"What one sees: {_lower(shown.sees)}",
        *stop,
        look,
        f"What hides it: {_lower(shown.hides)}",
        *alike,
        _training_note(here),
    ]


def _loss(value: float) -> str:
    """A loss in three digits; whole numbers from 100 on, powers of ten for those that no longer mean anything."""
    if value < 100:
        return short_number(value)
    return f"{value:.0f}" if value < 1e6 else f"{value:.0e}".replace("e+0", "e").replace("e+", "e")


def _end(training: Training) -> str:
    """How a curve ends."""
    step = len(training.losses)
    if training.stopped == "ValueError":
        return f"stops in step {step} with a ValueError"
    if training.stopped:
        return f"overflows in step {step}"
    return f"ends at {_loss(float(training.losses[-1]))}"


def _training_note(here: DoctorEvaluation) -> str:
    wrong, right = here.training, here.right_training
    text = (
        f"Training: the loss begins at {_loss(float(right.losses[0]))}; in {STEPS} steps with the right gradient it "
        f"{_end(right)}, with this one it {_end(wrong)}."
    )
    unseen = not wrong.stopped and wrong.losses[-1] <= _SAME_END * right.losses[-1]
    if here.signature.wrong and unseen:
        return f"{text} The curve alone would not show the mistake."
    return text


def _settings(state: DoctorState) -> str:
    """The values of the controls."""
    return (
        f"N = {state.samples}, d = {state.inputs}, H = {state.hidden}, C = {state.classes}, "
        f"ε = {short_number(state.epsilon)}, η = {short_number(state.rate)}, seed {state.seed}"
    )


def _measured(finding: Finding) -> str:
    """One array in words."""
    name, said = finding.name, verdict(finding)
    if finding.got is None or said == "right":
        return f"{name} {letters(finding.name)} {said}"
    if said == "wrong shape":
        return f"{name} wrong shape: {shape_text(finding.got.shape)} instead of {shape_text(finding.want.shape)}"
    entries = finding.wrong_entries()
    return (
        f"{name} {letters(name)} wrong: ratio {decimals(finding.ratio)}, cosine {decimals(finding.cosine)}, relative "
        f"error {short_number(finding.error, 2)}, {int(entries.sum())} of {entries.size} entries wrong"
    )


def _curve(training: Training) -> str:
    """A curve in words."""
    at = [k for k in (0, 20, 100) if k < len(training.losses)]
    return f"{', '.join(f'{_loss(float(training.losses[k]))} at step {k}' for k in at)}, and it {_end(training)}"


def describe(state: DoctorState) -> str:
    """The text alternative of the picture: what it shows, and the numbers of this state (no notes)."""
    here = evaluate(state)
    stop = f" The program stops: {here.signature.trouble}." if here.signature.trouble else ""
    return " ".join(
        [
            f"Gradient doctor, {heading(state)}; {_settings(state)}.",
            f"Heat maps of the right and of the mistaken arrays: {'; '.join(map(_measured, here.signature.findings))}."
            f"{stop}",
            f"Curves of the loss over {STEPS} steps: with the right gradient {_curve(here.right_training)}; with this "
            f"one {_curve(here.training)}.",
        ]
    )


def diagnosis_html(state: DoctorState) -> str:
    """What is said of the mystery, in HTML."""
    # Containment: in a narrow window the words wrap instead of being cut off.
    look = "line-height:1.5;contain:inline-size;font-weight:bold"
    return f'<div style="{look}">{html.escape(diagnosis(state))}</div>' if state.mystery else ""


def readout_html(state: DoctorState) -> str:
    """The findings as an HTML table, a row for each array, and the notes as a list."""
    found = evaluate(state).signature
    names = ["shape", "verdict", "ratio", "cosine", "relative error", "wrong entries"]
    rows = [table_row("Array", names, header=True)]
    for finding in found.findings:
        entries, got = finding.wrong_entries(), finding.got
        shape = shape_text(finding.want.shape)
        if got is not None and not finding.same_shape:
            shape = f"{shape_text(got.shape)}, not {shape}"
        cells = [shape, verdict(finding), decimals(finding.ratio), decimals(finding.cosine)]
        cells += ["—" if math.isnan(finding.error) else short_number(finding.error, 2)]
        cells += ["—" if got is None else f"{int(entries.sum())} of {entries.size}"]
        rows.append(table_row(f"{finding.name} {letters(finding.name)}", cells))
    db2 = found["db2"].got
    total = "—" if db2 is None else decimals(float(db2.sum()))
    facts = f"{heading(state)}; {_settings(state)}; sum of db2 = {total} (right: 0)"
    return readout_frame(facts, rows, notes(state))
