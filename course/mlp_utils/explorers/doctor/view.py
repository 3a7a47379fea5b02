"""The controls of the gradient doctor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from mlp_utils.explorers.doctor.mistakes import GROUPS, MISTAKES, mistake
from mlp_utils.explorers.doctor.picture import draw_doctor
from mlp_utils.explorers.doctor.state import EPSILON_RANGE, MYSTERIES, RATES, SIZES, DoctorState
from mlp_utils.explorers.doctor.words import diagnosis, diagnosis_html, notes, readout_html
from mlp_utils.explorers.front_end import Explorer, kernel_is_running, keys_line, load_widgets
from mlp_utils.plotting import Picture

__all__ = ["DoctorExplorer", "explore_gradient_doctor"]

_EPSILON_STEP: Final = 0.01
_SEEDS: Final = 99

_SIZE_LABELS: Final = {
    "samples": ("Samples N", "The number of samples in a batch"),
    "inputs": ("Inputs d", "The number of inputs"),
    "hidden": ("Units H", "The number of hidden units"),
    "classes": ("Classes C", "The number of classes"),
}

_KEYS: Final = (
    "Keys: Tab goes to the next control; ← and → move a slider, Home and End go to its ends; "
    "the space bar chooses from a row and presses a button."
)


def _choices(group: str) -> list[tuple[str, str]]:
    return [(each.title, each.id) for each in MISTAKES if each.group == group]


class DoctorExplorer(Explorer):
    """Buttons for the mistake, buttons for the mystery, and sliders for sizes, ε, η and the seed.

    The names of ``controls`` are "mode", "group" and the fields of `DoctorState`; ``buttons`` are "check",
    "answer" and "next".
    """

    def __init__(self, state: DoctorState, *, live: bool | None = None) -> None:
        w = load_widgets()
        # What no control holds: the mystery that comes, or is shown, and what was said about it.
        self._mystery = max(state.mystery, 1)
        self._guess, self._given_up = state.guess, state.given_up
        chosen = mistake(state.mistake)
        row: dict[str, Any] = {
            "orientation": "horizontal",
            "style": {"description_width": "4.5em"},
            "layout": {"width": "auto", "height": "auto", "max_width": "100%"},
        }
        slider = {"style": {"description_width": "8em"}, "layout": {"width": "20.5em", "max_width": "100%"}}
        # Buttons and no drop-down menus, because JupyterLab takes the up and down keys for itself.
        controls = {
            "mode": w.RadioButtons(
                options=[("show the mistake", False), ("mystery", True)],
                value=state.mystery > 0,
                description="Mode",
                tooltip="Show a mistake, or diagnose a hidden one",
                **row,
            ),
            "group": w.RadioButtons(
                options=list(GROUPS), value=chosen.group, description="Group", tooltip="The group of mistakes", **row
            ),
            "mistake": w.RadioButtons(
                options=_choices(chosen.group),
                value=chosen.id,
                description="Mistake",
                tooltip="The mistake, or your diagnosis",
                **row,
            ),
        }
        for name, (label, tooltip) in _SIZE_LABELS.items():
            low, high = SIZES[name]
            controls[name] = w.IntSlider(
                value=getattr(state, name), min=low, max=high, description=label, tooltip=tooltip, **slider
            )
        controls["epsilon"] = w.FloatSlider(
            value=state.epsilon,
            min=EPSILON_RANGE[0],
            max=EPSILON_RANGE[1],
            step=_EPSILON_STEP,
            description="Smoothing ε",
            tooltip="The constant of label smoothing",
            readout_format=".2f",
            **slider,
        )
        controls["rate"] = w.SelectionSlider(
            options=[(f"{rate:g}", rate) for rate in RATES],
            value=state.rate,
            description="Learning rate η",
            tooltip="The learning rate η of gradient descent",
            **slider,
        )
        controls["rate"].add_class("jupyter-widgets")  # ipywidgets forgets it here, and with it the margins
        controls["seed"] = w.IntSlider(
            value=state.seed, max=_SEEDS, description="Seed", tooltip="Other data and other weights", **slider
        )
        self.buttons = {
            name: w.Button(description=label, tooltip=tooltip, layout={"width": "auto"})
            for name, label, tooltip in (
                ("check", "Check my diagnosis", "Compare the chosen mistake with the mystery"),
                ("answer", "Show the answer", "Name the hidden mistake"),
                ("next", "Next mystery", "Hide another mistake"),
            )
        }
        # What is said of a diagnosis stands beside the buttons: below the picture it would often be out of sight.
        self.said: Any = w.HTML()
        row_of_buttons = w.HBox(list(self.buttons.values()), layout={"flex_flow": "row wrap"})
        self._mystery_part = w.VBox([row_of_buttons, self.said])
        # Before the redraw of the explorer is registered, so that the mistakes are those of the group by then.
        controls["group"].observe(self._other_group, names="value")
        controls["mode"].observe(self._other_mode, names="value")
        flow = {"flex_flow": "row wrap", "grid_gap": "0 2em"}
        rows = [
            w.HBox([controls["mode"], controls["group"]], layout=flow),
            controls["mistake"],
            self._mystery_part,
            w.HBox(
                [controls[name] for name in (*_SIZE_LABELS, "epsilon", "rate", "seed")],
                layout={"flex_flow": "row wrap"},
            ),
        ]
        self.controls = controls
        self._show_buttons()
        super().__init__(
            controls,
            w.VBox([*rows, keys_line(_KEYS)]),
            draw=lambda: draw_doctor(self.state),
            read=lambda: readout_html(self.state),
            live=live,
        )
        for name, press in (("check", self._check), ("answer", self._give_up), ("next", self._next)):
            self.buttons[name].on_click(press)

    @property
    def state(self) -> DoctorState:
        """The present values of the controls, and what has been said about the mystery."""
        values = {name: control.value for name, control in self.controls.items()}
        mystery = self._mystery if values.pop("mode") else 0
        del values["group"]
        values["epsilon"] = round(values["epsilon"], 9) + 0.0  # sliders deliver 0.30000000000000004 for 0.3
        if mystery:
            values |= {"mystery": mystery, "guess": self._guess, "given_up": self._given_up}
        return DoctorState(**values)

    def redraw(self) -> None:
        """Draw the picture, write the readout, and say what there is to say of a diagnosis."""
        super().redraw()
        self.said.value = diagnosis_html(self.state)

    def _other_group(self, change: Any) -> None:
        self.controls["mistake"].options = _choices(change["new"])

    def _other_mode(self, _change: Any) -> None:
        self._show_buttons()

    def _show_buttons(self) -> None:
        self._mystery_part.layout.display = None if self.controls["mode"].value else "none"

    def _check(self, _button: Any) -> None:
        self._guess = self.controls["mistake"].value
        self._redraw.request()

    def _give_up(self, _button: Any) -> None:
        self._given_up = True
        self._redraw.request()

    def _next(self, _button: Any) -> None:
        self._mystery = self._mystery % MYSTERIES + 1
        self._guess, self._given_up = "", False
        self._redraw.request()


def explore_gradient_doctor(
    mistake: str = "mean_missing",
    mystery: int = 0,
    samples: int = 6,
    inputs: int = 4,
    hidden: int = 5,
    classes: int = 3,
    epsilon: float = 0.1,
    rate: float = 0.5,
    seed: int = 0,
) -> DoctorExplorer | Picture:
    """Choose a mistake in the backward pass of a two-layer network; see its signature and what training makes of it.

    The network is X (N, d) -> relu -> softmax with C classes, the loss the mean cross-entropy with smoothed labels.
    The arguments are the start: ``mistake`` the id of a mistake; ``mystery`` 0, or the number of a hidden mistake
    to be diagnosed; ``samples``, ``inputs``, ``hidden``, ``classes`` the sizes N (1 to 12), d (1 to 6), H (2 to 8)
    and C (2 to 6); ``epsilon`` in [0, 0.5] the smoothing; ``rate`` the learning rate, one of 0.01, 0.02, 0.05, 0.1,
    0.2, 0.5, 1, 2, 5; ``seed`` (0 to 99) chooses the data and the start of the weights.

    In a Jupyter kernel the result is a widget that follows its controls. Elsewhere it is a static
    picture: a notebook displays it, and ``print`` gives its text alternative.

    Raises `ValueError` if an argument is out of its range.
    """
    state = DoctorState(
        mistake=mistake,
        mystery=mystery,
        samples=samples,
        inputs=inputs,
        hidden=hidden,
        classes=classes,
        epsilon=epsilon,
        rate=rate,
        seed=seed,
    )
    if kernel_is_running():
        return DoctorExplorer(state)
    picture = draw_doctor(state)
    # No readout stands below a static picture: its text says all.
    return replace(picture, text=" ".join(filter(None, [picture.text, diagnosis(state), *notes(state)])))
