"""The explorer of activations in a real JupyterLab, moved by the keyboard alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mlp_utils.explorers.activation.model import ActivationState
from mlp_utils.explorers.activation.picture import draw_activation
from mlp_utils.explorers.activation.words import readout_html
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CELL = "from mlp_utils.explorers import explore_activations\nexplore_activations(x=1.0, log10_h=-2)"
START = ActivationState(x=1.0, log10_h=-2)

LIVE = ".jupyter-widgets.widget-html img"
STATIC = ".jp-RenderedHTML img"
READOUT = ".jupyter-widgets.widget-html table"
HANDLE_X, HANDLE_H = 0, 1

NAME_OF_FOCUS = """() => {
    const here = document.activeElement;
    if (!here?.closest('.jupyter-widgets')) return '';
    if (['checkbox', 'radio'].includes(here.type)) return here.parentElement.textContent.trim();
    if (here.tagName === 'BUTTON') return here.textContent.trim();
    const name = here.closest('.jupyter-widgets').querySelector('label').textContent;
    return here.classList.contains('widget-readout') ? name + ' as a number' : name;
}"""


@pytest.fixture
def page(write_notebook: Callable[..., Path], open_lab: Callable[..., Page], run_all: Callable[[Page], None]) -> Page:
    """A notebook with the explorer, run."""
    page = open_lab(write_notebook(CELL))
    run_all(page)
    page.wait_for_selector(LIVE)
    return page


def expect_state(page: Page, state: ActivationState) -> None:
    """Wait until the page shows this state; picture, text alternative and readout must agree with the model."""
    picture = draw_activation(state)
    page.wait_for_function(
        "([selector, alt]) => document.querySelector(selector)?.alt === alt", arg=[LIVE, picture.text], timeout=90_000
    )
    source = page.get_attribute(LIVE, "src") or ""
    head, _, data = source.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == picture.png
    # Both sides go through the browser's parser, which writes HTML in its own way.
    shown, expected = page.evaluate(
        """([selector, html]) => {
            const shown = document.querySelector(selector).closest('.widget-html-content');
            const expected = document.createElement('div');
            expected.innerHTML = html;
            return [shown.innerHTML, expected.innerHTML];
        }""",
        [READOUT, readout_html(state)],
    )
    assert shown == expected


def press(page: Page, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def tab_to(page: Page, name: str) -> list[str]:
    """Press Tab until the control of this name has the focus; the names of all controls on the way."""
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(NAME_OF_FOCUS)
        if here:
            seen.append(here)
        if here == name:
            return seen
    raise AssertionError(f"Tab never reached {name!r}; it visited {seen}.")


def test_the_picture_and_the_readout_follow_the_sliders(page: Page, artifacts: Path) -> None:
    expect_state(page, START)
    page.locator(".noUi-handle").nth(HANDLE_X).focus()
    press(page, "ArrowRight", 3)
    expect_state(page, ActivationState(x=1.3, log10_h=-2))
    page.locator(".noUi-handle").nth(HANDLE_H).focus()
    press(page, "ArrowRight")
    expect_state(page, ActivationState(x=1.3, log10_h=-1.75))
    page.screenshot(path=artifacts / "activation-explorer-in-lab.png")
    page.locator(".jupyter-widgets.widget-vbox").first.screenshot(path=artifacts / "activation-explorer.png")


def test_tab_visits_every_control_and_the_keyboard_moves_each(page: Page) -> None:
    press(page, "Escape")
    assert tab_to(page, "Relative error") == [
        *("sigmoid", "tanh", "softplus", "ln sigmoid", "ReLU", "|x|", "sign"),
        "Point x",
        "Point x as a number",
        "Step h",
        "Step h as a number",
        "Derivative curve",
        "Tangent at x",
        "Secants with step h",
        "Guide lines",
        "Relative error",
    ]
    press(page, "Space")
    expect_state(page, ActivationState(x=1.0, log10_h=-2, relative=False))
    press(page, "Shift+Tab", 14)
    assert page.evaluate(NAME_OF_FOCUS) == "tanh"
    press(page, "Space")
    expect_state(page, ActivationState("tanh", x=1.0, log10_h=-2, relative=False))
    tab_to(page, "Step h")
    press(page, "Home")
    expect_state(page, ActivationState("tanh", x=1.0, log10_h=-16, relative=False))
    press(page, "ArrowRight")
    expect_state(page, ActivationState("tanh", x=1.0, log10_h=-15.75, relative=False))


def test_after_many_quick_moves_the_last_state_is_shown(page: Page) -> None:
    page.locator(".noUi-handle").nth(HANDLE_X).focus()
    press(page, "ArrowLeft", 40)
    expect_state(page, ActivationState(x=-3.0, log10_h=-2))


def test_the_kink_at_exactly_zero_can_be_reached_with_the_slider(page: Page) -> None:
    page.get_by_role("radio", name="ReLU").focus()
    press(page, "Space")
    expect_state(page, ActivationState("relu", x=1.0, log10_h=-2))
    page.locator(".noUi-handle").nth(HANDLE_X).focus()
    press(page, "ArrowLeft", 10)
    expect_state(page, ActivationState("relu", x=0.0, log10_h=-2))


def test_while_the_widget_lives_the_static_picture_is_hidden(page: Page) -> None:
    assert page.locator(LIVE).is_visible()
    assert page.locator(STATIC).count() == 1
    assert not page.locator(STATIC).is_visible()


def test_a_saved_notebook_shows_the_static_picture_where_the_widget_is_gone(
    page: Page, open_lab: Callable[..., Page], write_notebook: Callable[..., Path]
) -> None:
    saved = page.evaluate(
        """async () => {
            await window.jupyterapp.commands.execute('docmanager:save');
            return window.jupyterapp.shell.currentWidget.context.model.toJSON();
        }"""
    )
    copy = write_notebook(name="saved.ipynb")
    copy.write_text(json.dumps(saved), encoding="utf-8")
    again = open_lab(copy)  # a new kernel, which knows nothing of the old widget
    again.wait_for_selector(STATIC)
    assert again.locator(LIVE).count() == 0
    assert again.get_attribute(STATIC, "alt") == draw_activation(START).text
