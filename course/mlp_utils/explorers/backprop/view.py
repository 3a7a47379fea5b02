"""The controls of the explorer of backpropagation."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from numpy.typing import ArrayLike

from mlp_utils.explorers.backprop.answer import judge_answer, read_number
from mlp_utils.explorers.backprop.model import BackpropState, position_after_stage, walk
from mlp_utils.explorers.backprop.network import (
    CLASSES,
    EXAMPLE,
    UNITS,
    TinyNetwork,
    make_network,
    random_network,
    replace_sample,
)
from mlp_utils.explorers.backprop.picture import draw_network
from mlp_utils.explorers.backprop.words import notes, question, readout_html
from mlp_utils.explorers.front_end import Explorer, Redraw, kernel_is_running, keys_line, load_widgets
from mlp_utils.plotting import Picture

__all__ = ["BackpropExplorer", "explore_backprop"]

_LARGEST_SEED: Final = 9999
_EPSILON_STEP: Final = 0.05
_TEXT_ARRIVES: Final = 0.3  # seconds after Enter

_KEYS: Final = (
    "Keys: Tab goes to the next control. On the slider, → makes a step and ← takes it back; Home and End go to the "
    "start and the end. In the field, Enter checks your number. The space bar presses a button and makes a choice."
)

_BUTTONS: Final = {
    "start": ("Start", "Back to the start: nothing is computed"),
    "back": ("◀ Back", "Take one step back"),
    "next": ("Next ▶", "Make one step: one number"),
    "quantity": ("All of it ▶▶", "Make all steps of the next quantity, for example all entries of z"),
    "end": ("End", "Make all steps"),
}


class BackpropExplorer(Explorer):
    """A slider and buttons for the steps, a field for the student's own number, and the choice of a network.

    ``controls`` holds "source" ("example", "random" or "own"), "d", "H", "C", "seed", "x", "label", "epsilon" and
    "position"; ``answer`` is the field, ``check`` its button, and ``buttons`` the others by name.
    """

    _ahead: Redraw | None = None

    def __init__(self, state: BackpropState, *, live: bool | None = None) -> None:
        self._first = self._base = self._network = state.network
        self._said = (-1, "")  # what was said to a typed number, and at which position it is shown
        self._filling = False
        self._trouble = ""
        self._asked = False
        controls = self._make_controls(state)
        layout = self._make_layout(controls)
        live = kernel_is_running() if live is None else live
        super().__init__(
            controls,
            layout,
            draw=lambda: draw_network(self.state),
            read=lambda: readout_html(self.state),
            live=live,
        )
        if self._redraw.loop is not None:
            self._ahead = Redraw(self._draw_ahead, self._redraw.loop)
        controls["position"].observe(self._forget_answer, names="value")
        for name in ("source", "d", "H", "C", "seed"):
            controls[name].observe(self._choose_network, names="value")
        for name in ("x", "label", "epsilon"):
            controls[name].observe(self._change_sample, names="value")
        self.check.on_click(lambda _: self.judge())
        self.answer.on_msg(self._enter_pressed)
        self.answer.observe(lambda _: self._judge_if_asked(), names="value")
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: self.go(name))

    def _make_controls(self, state: BackpropState) -> dict[str, Any]:
        w = load_widgets()
        network = state.network
        sources = [("worked example", "example"), ("random numbers", "random")]
        if network != EXAMPLE:
            sources.insert(0, ("your numbers", "own"))
        buttons: dict[str, Any] = {"style": {"description_width": "4.5em"}, "layout": _wide("auto", height="auto")}
        controls = {
            # Buttons and no drop-down menu, because JupyterLab takes the up and down keys for itself.
            "source": w.RadioButtons(
                options=sources, description="Network", tooltip="Which network", orientation="horizontal", **buttons
            )
        }
        for name, what, (low, high) in (
            ("d", "Inputs d", UNITS),
            ("H", "Hidden units H", UNITS),
            ("C", "Classes C", CLASSES),
            ("seed", "Seed", (0, _LARGEST_SEED)),
        ):
            controls[name] = w.BoundedIntText(
                value=getattr(network, name, 0),
                min=low,
                max=high,
                description=what,
                tooltip=f"{what} of a network with random numbers, from {low} to {high}",
                disabled=True,
                style={"description_width": "initial"},
                layout=_wide("12em" if name == "H" else "9em"),
            )
        controls["x"] = w.Text(
            value=_sample_text(network),
            description="Sample x",
            tooltip="The inputs, with commas or spaces between them",
            continuous_update=False,
            style={"description_width": "initial"},
            layout=_wide("16em"),
        )
        controls["label"] = w.RadioButtons(
            options=_label_options(network),
            value=network.label,
            description="Label y",
            tooltip="The class of the sample",
            orientation="horizontal",
            **buttons,
        )
        controls["epsilon"] = w.BoundedFloatText(
            value=network.epsilon,
            min=0.0,
            max=max(0.95, network.epsilon),
            step=_EPSILON_STEP,
            description="Smoothing ε",
            tooltip="The constant of label smoothing, from 0 to below 1",
            style={"description_width": "initial"},
            layout=_wide("12em"),
        )
        controls["position"] = w.IntSlider(
            value=state.position,
            min=0,
            max=len(state.steps),
            description="Step",
            tooltip="How many steps are made",
            style={"description_width": "4.5em"},
            layout=_wide("28em"),
        )
        return controls

    def _make_layout(self, controls: dict[str, Any]) -> Any:
        w = load_widgets()
        self.buttons = {
            name: w.Button(description=text, tooltip=tip, layout=_wide("auto"))
            for name, (text, tip) in _BUTTONS.items()
        }
        self.answer = w.Text(
            continuous_update=False,
            placeholder="your number, or Next",
            tooltip="Your number for the next step; Enter checks it",
            style={"description_width": "initial"},
            layout=_wide("21.5em"),
        )
        self.check = w.Button(description="Check", tooltip="Check your number", layout=_wide("auto"))
        self.message: Any = w.HTML()
        self.trouble: Any = w.HTML()
        rows = (
            [controls["source"]],
            [controls[name] for name in ("d", "H", "C", "seed")],
            [controls[name] for name in ("x", "label", "epsilon")],
            [self.trouble],
            [controls["position"]],
            list(self.buttons.values()),
            [self.answer, self.check, self.message],
        )
        boxes = [w.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows]
        return w.VBox([*boxes, keys_line(_KEYS)])

    # -- the state ---------------------------------------------------------------------------------

    @property
    def state(self) -> BackpropState:
        """The network and the position of the slider."""
        network = self._network
        return BackpropState(network, min(self.controls["position"].value, len(walk(network))))

    @contextmanager
    def _fill(self) -> Iterator[None]:
        """Set controls without taking that for moves of a person."""
        self._filling = True
        try:
            yield
        finally:
            self._filling = False

    def _choose_network(self, _change: Any) -> None:
        """Take another network, and go to its start."""
        if self._filling:
            return
        c = self.controls
        source = c["source"].value
        for name in ("d", "H", "C", "seed"):
            c[name].disabled = source != "random"
        if source == "random":
            self._base = random_network(*(c[name].value for name in ("d", "H", "C", "seed")))
        else:
            self._base = EXAMPLE if source == "example" else self._first
        network = self._network = self._base
        with self._fill():
            for name in ("d", "H", "C"):
                c[name].value = getattr(network, name)
            c["x"].value = _sample_text(network)
            c["label"].options = _label_options(network)
            c["label"].value = network.label
            c["epsilon"].value = network.epsilon
            c["position"].value = 0
            c["position"].max = len(walk(network))
        self._said, self._trouble = (-1, ""), ""
        self._redraw.request()

    def _change_sample(self, _change: Any) -> None:
        """Take another sample, label or ε; a sample that cannot be is named, and the last one stays."""
        if self._filling:
            return
        c = self.controls
        rest = (c["label"].value, round(c["epsilon"].value, 9))
        try:
            self._network = replace_sample(self._base, _read_sample(c["x"].value), *rest)
            self._trouble = ""
        except ValueError as error:
            self._network = replace_sample(self._base, self._network.x, *rest)
            self._trouble = f"{error} The sample before it stays."
        self._said = (-1, "")
        self._redraw.request()

    # -- the walk ----------------------------------------------------------------------------------

    def go(self, where: str) -> None:
        """Do what the button of this name does."""
        state = self.state
        last = len(state.steps)
        target = {
            "start": 0,
            "back": state.position - 1,
            "next": state.position + 1,
            "quantity": position_after_stage(state.steps, state.position),
            "end": last,
        }[where]
        self.controls["position"].value = min(max(target, 0), last)

    def _enter_pressed(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        """Judge the number when its text has come: it arrives with the next message, if it is a new one."""
        if content.get("event") != "submit":
            return
        self._asked = True
        loop = self._redraw.loop
        if loop is None:
            self._judge_if_asked()
        else:
            loop.call_soon_threadsafe(loop.call_later, _TEXT_ARRIVES, self._judge_if_asked)

    def _judge_if_asked(self) -> None:
        # The text also arrives when Tab leaves the field, and then nothing is asked.
        if self._asked:
            self.judge()

    def judge(self) -> None:
        """Say whether the typed number is right; if it is, make the step."""
        self._asked = False
        state, text = self.state, self.answer.value
        if state.next is None or not text.strip():
            return
        verdict = judge_answer(state.next, state.network, text)
        self._said = (state.position + verdict.right, ("✓ " if verdict.right else "✗ ") + verdict.message)
        if verdict.right:
            self.go("next")
        self._redraw.request()

    def _forget_answer(self, _change: Any) -> None:
        """Empty the field: what stands in it was typed for another step."""
        self.answer.value = ""

    def redraw(self) -> None:
        """Draw the picture, write the readout, and ask for the next number."""
        super().redraw()
        state = self.state
        asked = question(state)
        self.answer.description = f"Your turn: {asked} =" if asked else "All is computed:"
        at, said = self._said
        self.message.value = f'<span role="status">{html.escape(said if at == state.position else "")}</span>'
        self.trouble.value = f'<span role="status">{html.escape(self._trouble)}</span>'
        self.trouble.layout.display = None if self._trouble else "none"
        if self._ahead is not None:
            self._ahead.request()

    def _draw_ahead(self) -> None:
        """Draw the next picture before it is asked for: then it is there at once."""
        state = self.state
        if state.next is not None:
            draw_network(replace(state, position=state.position + 1))

    def still(self) -> str:
        """The picture and the readout with all steps made, for pages without a kernel."""
        end = BackpropState(self._network, len(walk(self._network)))
        return draw_network(end)._repr_html_() + readout_html(end)


def _wide(width: str, **more: str) -> dict[str, str]:
    return {"width": width, "max_width": "100%", **more}


def _sample_text(network: TinyNetwork) -> str:
    return ", ".join(repr(value).removesuffix(".0") for value in network.x)  # all digits: it is read again


def _label_options(network: TinyNetwork) -> list[tuple[str, int]]:
    return [(f"class {k}", k) for k in range(network.C)]


def _read_sample(text: str) -> list[float]:
    """The numbers of the field for x; `ValueError` in one sentence for what is none."""
    numbers = []
    for word in text.replace(",", " ").replace(";", " ").split():
        read = read_number(word)
        if read is None:
            raise ValueError(f"x must be numbers with commas between them, and “{word}” is none.")
        numbers.append(read[0])
    return numbers


def explore_backprop(
    W1: ArrayLike | None = None,
    b1: ArrayLike | None = None,
    W2: ArrayLike | None = None,
    b2: ArrayLike | None = None,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    epsilon: float | None = None,
    eta: float | None = None,
    *,
    step: int | None = None,
) -> BackpropExplorer | Picture:
    """Walk forward and backward through a network with one hidden layer, one number after the other.

    z = x @ W1 + b1, a = relu(z), logits = a @ W2 + b2, P = softmax(logits), and J is the cross-entropy with the
    smoothed label; then the gradient of J by each of them, and J after a step of gradient descent.

    The arguments are the start; what is left out is taken from the worked example of the course. Shapes: W1 (d, H),
    b1 (H,), W2 (H, C), b2 (C,), x (d,), with d and H from 1 to 4 and C from 2 to 4; ``y`` is the class, a whole number
    or one-hot (C,); ``epsilon`` in [0, 1) smooths it; ``eta`` > 0 is the step size. ``step`` is the number of steps
    that are made already: none of them in a widget, and all of them in a static picture, if it is left out.

    In a Jupyter kernel the result is a widget. Elsewhere it is a static picture: a notebook displays it, and
    ``print`` gives its text alternative.

    Raises `ValueError` if a shape does not fit, or if a number is NaN or out of its range.
    """
    given = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "x": x, "y": y, "epsilon": epsilon, "eta": eta}
    start = {name: getattr(EXAMPLE, "label" if name == "y" else name) for name in given}
    network = make_network(**(start | {name: value for name, value in given.items() if value is not None}))
    live = kernel_is_running()
    state = BackpropState(network, (0 if live else len(walk(network))) if step is None else step)
    if live:
        return BackpropExplorer(state)
    picture = draw_network(state)
    # No readout stands below a static picture: its text says all.
    return replace(picture, text=" ".join([picture.text, *notes(state)]))
