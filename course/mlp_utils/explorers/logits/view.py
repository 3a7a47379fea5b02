"""The controls of the explorer of softmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from mlp_utils.explorers.front_end import Explorer, kernel_is_running, keys_line, load_widgets
from mlp_utils.explorers.logits.model import EPSILON_RANGE, TEMPERATURE_RANGE, SoftmaxState
from mlp_utils.explorers.logits.picture import draw_logits
from mlp_utils.explorers.logits.words import notes, readout_html
from mlp_utils.explorers.text import SUBSCRIPTS
from mlp_utils.plotting import Picture

__all__ = ["SHIFTS", "SoftmaxExplorer", "explore_softmax"]

SHIFTS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 700, 705, 710, 715, 720, 750, 800, 900, 1000)
"""The shifts of the slider: close together where exp begins to overflow, at 709.8."""

_LOGIT_RANGE: Final = 6.0
_LOGIT_STEP: Final = 0.1
_EPSILON_STEP: Final = 0.01
_EXPONENT_STEP: Final = 0.05  # 20 steps in each of the two decades of T, so that 1 is one of them

_KEYS: Final = (
    "Keys: Tab goes to the next control; ← and → move a slider, Home and End go to its ends; "
    "the space bar chooses a label."
)


class SoftmaxExplorer(Explorer):
    """A slider for each logit, buttons for the label, and sliders for ε, T and c.

    The names of ``controls`` are "z0", "z1", … for the logits, and the other fields of `SoftmaxState`.
    """

    def __init__(self, state: SoftmaxState, *, live: bool | None = None) -> None:
        w = load_widgets()
        narrow = {"style": {"description_width": "4.5em"}, "layout": {"width": "20em", "max_width": "100%"}}
        wide = {"style": {"description_width": "8em"}, "layout": {"width": "25em", "max_width": "100%"}}
        reach = max(_LOGIT_RANGE, *map(abs, state.logits))  # a start outside the usual range widens the sliders
        low, high = (float(np.log10(t)) for t in TEMPERATURE_RANGE)
        self._logits = [f"z{k}" for k in range(state.classes)]
        controls = {
            name: w.FloatSlider(
                value=state.logits[k],
                min=-reach,
                max=reach,
                step=_LOGIT_STEP,
                description=f"Logit z{SUBSCRIPTS[k]}",
                tooltip=f"The logit of class {k}",
                readout_format=".1f",
                **narrow,
            )
            for k, name in enumerate(self._logits)
        }
        # Buttons and no drop-down menu, because JupyterLab takes the up and down keys for itself.
        controls["label"] = w.RadioButtons(
            options=[(f"class {k}", k) for k in range(state.classes)],
            value=state.label,
            orientation="horizontal",
            description="Label",
            tooltip="The right class",
            style={"description_width": "4.5em"},
            layout={"width": "auto", "height": "auto", "max_width": "100%"},
        )
        controls["epsilon"] = w.FloatSlider(
            value=state.epsilon,
            min=EPSILON_RANGE[0],
            max=max(EPSILON_RANGE[1], state.epsilon),
            step=_EPSILON_STEP,
            description="Smoothing ε",
            tooltip="The constant of label smoothing",
            readout_format=".2f",
            **wide,
        )
        controls["temperature"] = w.FloatLogSlider(
            value=state.temperature,
            base=10,
            min=low,
            max=high,
            step=_EXPONENT_STEP,
            description="Temperature T",
            tooltip="The temperature T that divides the logits",
            readout_format=".3g",
            **wide,
        )
        shifts = sorted({*map(float, SHIFTS), state.shift})
        controls["shift"] = w.SelectionSlider(
            options=[(f"{shift:g}", shift) for shift in shifts],
            value=state.shift,
            description="Shift c",
            tooltip="The shift c that is added to every logit",
            **wide,
        )
        controls["shift"].add_class("jupyter-widgets")  # ipywidgets forgets it here, and with it the margins
        rows = [
            w.HBox([controls[name] for name in names], layout={"flex_flow": "row wrap"})
            for names in (self._logits, ["label"], ["epsilon", "temperature", "shift"])
        ]
        super().__init__(
            controls,
            w.VBox([*rows, keys_line(_KEYS)]),
            draw=lambda: draw_logits(self.state),
            read=lambda: readout_html(self.state),
            live=live,
        )

    @property
    def state(self) -> SoftmaxState:
        """The present values of the controls."""
        # Sliders deliver 0.30000000000000004 for 0.3 and 1e-17 for 0.
        values = {name: round(control.value, 9) + 0.0 for name, control in self.controls.items()}
        low, high = TEMPERATURE_RANGE
        return SoftmaxState(
            logits=tuple(values[name] for name in self._logits),
            label=self.controls["label"].value,
            epsilon=values["epsilon"],
            temperature=min(max(values["temperature"], low), high),
            shift=values["shift"],
        )


def explore_softmax(
    logits: Sequence[float] = (2.0, 1.0, -1.0),
    label: int = 0,
    epsilon: float = 0.0,
    temperature: float = 1.0,
    shift: float = 0.0,
) -> SoftmaxExplorer | Picture:
    """Explore softmax, its Jacobian, and the gradient of the cross-entropy with a smoothed label.

    The arguments are the start: ``logits`` z, 2 to 5 numbers with |z| <= 50, one for each class; ``label``
    the index of the right class; ``epsilon`` in [0, 1) the smoothing; ``temperature`` T in [0.1, 10], with
    p = softmax(z / T); ``shift`` c in [0, 1000], which is added to every logit.

    In a Jupyter kernel the result is a widget that follows its sliders. Elsewhere it is a static
    picture: a notebook displays it, and ``print`` gives its text alternative.

    Raises `ValueError` if an argument is out of its range.
    """
    if np.ndim(logits) != 1:
        raise ValueError(f"logits must be a list of numbers, one for each class, not {logits!r}.")
    state = SoftmaxState(tuple(float(z) for z in logits), label, float(epsilon), float(temperature), float(shift))
    if kernel_is_running():
        return SoftmaxExplorer(state)
    picture = draw_logits(state)
    # No readout stands below a static picture: its text says all.
    return replace(picture, text=" ".join([picture.text, *notes(state)]))
