"""The controls of the explorer of activations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from mlp_utils.explorers.activation.model import LOG10_H_RANGE, ActivationState
from mlp_utils.explorers.activation.picture import draw_activation
from mlp_utils.explorers.activation.words import notes, readout_html
from mlp_utils.explorers.front_end import Explorer, kernel_is_running, keys_line, load_widgets
from mlp_utils.plotting import Picture

__all__ = ["ActivationExplorer", "explore_activations"]

_X_RANGE: Final = 20.0
_X_STEP: Final = 0.1
_LOG10_H_STEP: Final = 0.25

_SHORT_LABELS: Final = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softplus": "softplus",
    "log_sigmoid": "ln sigmoid",
    "relu": "ReLU",
    "abs": "|x|",
    "sign": "sign",
}

_KEYS: Final = (
    "Keys: Tab goes to the next control; ← and → move a slider, Home and End go to its ends; "
    "the space bar chooses a function, sets or clears a box."
)

_SWITCHES: Final = {
    "show_derivative": "Derivative curve",
    "show_tangent": "Tangent at x",
    "show_secants": "Secants with step h",
    "show_guides": "Guide lines",
    "relative": "Relative error",
}


class ActivationExplorer(Explorer):
    """Buttons for the function, sliders for x and h, and switches for what is drawn.

    The names of ``controls`` are the fields of `ActivationState`.
    """

    def __init__(self, state: ActivationState, *, live: bool | None = None) -> None:
        w = load_widgets()
        wide = {"description_width": "4em"}
        reach = max(_X_RANGE, abs(state.x))  # a start outside the usual range widens the slider
        controls = {
            # Not a drop-down menu: JupyterLab takes the up and down keys for moving between cells, so that
            # nobody could use a menu without a mouse. Each of these buttons is reached by Tab.
            "function": w.RadioButtons(
                options=[(label, key) for key, label in _SHORT_LABELS.items()],
                value=state.function,
                orientation="horizontal",
                description="Function f",
                tooltip="The function f",
                style=wide,
                layout={"width": "auto", "height": "auto", "max_width": "100%"},
            ),
            "x": w.FloatSlider(
                value=state.x,
                min=-reach,
                max=reach,
                step=_X_STEP,
                description="Point x",
                tooltip="The point x at which slopes are compared",
                readout_format=".2f",
                style=wide,
                layout={"width": "27em", "max_width": "100%"},
            ),
            "log10_h": w.FloatLogSlider(
                value=state.h,
                base=10,
                min=LOG10_H_RANGE[0],
                max=LOG10_H_RANGE[1],
                step=_LOG10_H_STEP,
                description="Step h",
                tooltip="The step h of the numerical slopes",
                readout_format=".1e",
                style=wide,
                layout={"width": "27em", "max_width": "100%"},
            ),
        }
        for field, label in _SWITCHES.items():
            controls[field] = w.Checkbox(
                value=getattr(state, field), description=label, indent=False, layout={"width": "auto"}
            )
        sliders = w.HBox([controls["x"], controls["log10_h"]], layout={"flex_flow": "row wrap"})
        switches = w.HBox(
            [controls[field] for field in _SWITCHES],
            layout={"flex_flow": "row wrap", "grid_gap": "0 1.5em", "margin": "0 0 0 2px"},
        )
        super().__init__(
            controls,
            w.VBox([controls["function"], sliders, switches, keys_line(_KEYS)]),
            draw=lambda: draw_activation(self.state),
            read=lambda: readout_html(self.state),
            live=live,
        )

    @property
    def state(self) -> ActivationState:
        """The present values of the controls."""
        values = {name: control.value for name, control in self.controls.items()}
        # Sliders deliver 1e-17 for 0 and 0.30000000000000004 for 0.3; at a kink the difference matters.
        values["x"] = round(values["x"], 9) + 0.0
        low, high = LOG10_H_RANGE
        values["log10_h"] = min(max(round(math.log10(values["log10_h"]), 9), low), high)
        return ActivationState(**values)


def explore_activations(
    function: str = "sigmoid",
    x: float = 1.0,
    log10_h: float = -0.25,
    *,
    show_derivative: bool = True,
    show_tangent: bool = True,
    show_secants: bool = True,
    show_guides: bool = True,
    relative: bool = True,
) -> ActivationExplorer | Picture:
    """Explore an activation, its derivative, and how well differences with step h find it.

    The arguments are the start: ``function`` is one of "sigmoid", "tanh", "softplus", "log_sigmoid",
    "relu", "abs", "sign"; ``x`` the point, |x| <= 300; ``h = 10 ** log10_h`` the step, with log10_h in
    [-16, 0]; the switches say what is drawn, and whether errors are relative.

    In a Jupyter kernel the result is a widget that follows its sliders. Elsewhere it is a static
    picture: a notebook displays it, and ``print`` gives its text alternative.

    Raises `ValueError` if an argument is out of its range.
    """
    state = ActivationState(
        function=function,
        x=x,
        log10_h=log10_h,
        show_derivative=show_derivative,
        show_tangent=show_tangent,
        show_secants=show_secants,
        show_guides=show_guides,
        relative=relative,
    )
    if kernel_is_running():
        return ActivationExplorer(state)
    picture = draw_activation(state)
    # No readout stands below a static picture: its text says all.
    return replace(picture, text=" ".join([picture.text, *notes(state)]))
