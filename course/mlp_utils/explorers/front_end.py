"""What all explorers share: widgets where there is somebody to move them, a picture where there is not.

ipywidgets and IPython are imported in this module only, and only inside a running Jupyter kernel.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlp_utils.plotting import Picture

if TYPE_CHECKING:
    import asyncio

__all__ = ["Explorer", "Redraw", "kernel_is_running", "keys_line", "load_widgets"]

_PAUSE: Final = 0.01
"""Seconds that a redraw waits for further moves of a slider, so that it shows the last of them."""

_CLASS: Final = "mlp-explorer"

_WRAP: Final = f".{_CLASS} .widget-radio-box {{ flex-wrap: wrap; min-width: 0 }}"
"""Radio buttons in a row are wider than a narrow page; no setting of ipywidgets makes them wrap."""


def kernel_is_running() -> bool:
    """Whether this is a Jupyter kernel that can show widgets.

    False in plain Python, in IPython's terminal, and where ipywidgets is not installed.
    """
    # Whoever runs in a kernel has IPython loaded already; nobody else should pay for its import.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None and importlib.util.find_spec("ipywidgets") is not None


def load_widgets() -> Any:
    """The module ipywidgets, which has no types."""
    return importlib.import_module("ipywidgets")


def keys_line(text: str) -> Any:
    """A widget that says in small letters which keys do what."""
    look = "display:block;line-height:1.4;color:var(--jp-ui-font-color2, #555)"
    return load_widgets().HTML(f'<small style="{look}">{text}</small>')


def _running_loop() -> asyncio.AbstractEventLoop:
    """The event loop in which the kernel runs this cell."""
    import asyncio

    return asyncio.get_running_loop()


class Redraw:
    """Call ``draw`` soon after a request; many requests in quick succession make one call.

    Requests may come from any thread: JupyterLab lets the messages of widgets arrive in a thread of their
    own (a "subshell"). The drawing is done by ``loop``, in the thread that also runs the cells, because
    matplotlib is not made for two threads. Without a loop (in tests, say) every request draws at once.
    """

    def __init__(self, draw: Callable[[], None], loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._draw = draw
        self.loop = loop
        self._waiting = False

    def request(self) -> None:
        """Ask for a redraw."""
        if self.loop is None:
            self._draw()
        elif not self._waiting:
            self._waiting = True
            self.loop.call_soon_threadsafe(self.loop.call_later, _PAUSE, self._run)

    def _run(self) -> None:
        # Cleared first: a request that comes while drawing must lead to another drawing.
        self._waiting = False
        self._draw()


class Explorer:
    """Controls above a picture and a readout; the picture follows the controls.

    controls:  the widgets that a person moves, by name, in the order in which Tab visits them.
    layout:    the widget that holds them.
    draw:      makes the picture from the present values of the controls.
    read:      makes the readout (HTML) from the same values.

    Displayed in a notebook it puts out two things: a static picture of its first state, and the live
    widget, which hides the static picture while it lives. So a saved notebook shows a picture, with
    its text alternative, wherever widgets do not work.
    """

    def __init__(
        self,
        controls: Mapping[str, Any],
        layout: Any,
        draw: Callable[[], Picture],
        read: Callable[[], str],
        *,
        live: bool | None = None,
    ) -> None:
        widgets = load_widgets()
        self.controls = dict(controls)
        self._make = draw
        self._read = read
        self._id = f"mlp-explorer-{uuid.uuid4().hex}"
        # Widgets can go away, at a restart of the kernel for instance; these rules then go with them.
        rules = f".{self._id} {{ display: none }} {_WRAP}"
        style = widgets.HTML(f"<style>{rules}</style>", layout={"display": "none"})
        self.image: Any = widgets.HTML()
        self.readout: Any = widgets.HTML()
        self.widget: Any = widgets.VBox([layout, self.image, self.readout, style])
        self.widget.add_class(_CLASS)
        live = kernel_is_running() if live is None else live
        self._redraw = Redraw(self.redraw, _running_loop() if live else None)
        self.redraw()
        for control in self.controls.values():
            control.observe(self._changed, names="value")

    def _changed(self, _change: Any) -> None:
        self._redraw.request()

    @property
    def picture(self) -> Picture:
        """The picture of the present state."""
        return self._picture

    def redraw(self) -> None:
        """Draw the picture and write the readout for the present values of the controls."""
        self._picture = self._make()
        self.image.value = self._picture._repr_html_()
        self.readout.value = self._read()

    def still(self) -> str:
        """What a page without a kernel shows, in HTML: the picture and the readout of the present state."""
        return self._picture._repr_html_() + self._read()

    def _ipython_display_(self) -> None:
        display = importlib.import_module("IPython.display").display
        display({"text/html": f'<div class="{self._id}">{self.still()}</div>', "text/plain": str(self)}, raw=True)
        bundle = self.widget._repr_mimebundle_()
        display(bundle | {"text/plain": "(Run this cell, and the picture comes alive.)"}, raw=True)

    def _repr_png_(self) -> bytes:
        return self._picture.png

    def _repr_html_(self) -> str:
        return self._picture._repr_html_()

    def __str__(self) -> str:
        return self._picture.text
