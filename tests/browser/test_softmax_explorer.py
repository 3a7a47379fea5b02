"""The explorer of softmax in a real JupyterLab, moved by the keyboard alone."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from mlp_utils.explorers.logits.model import SoftmaxState
from mlp_utils.explorers.logits.picture import draw_logits
from mlp_utils.explorers.logits.words import readout_html
from playwright.sync_api import Page

from .test_activation_explorer import LIVE, NAME_OF_FOCUS, READOUT, STATIC, press, tab_to

pytestmark = pytest.mark.browser

CELL = "from mlp_utils import explore_softmax\nexplore_softmax({})"
EXPLORER = ".jupyter-widgets.mlp-explorer"

# Milliseconds from a key press to the moment at which the picture of the new state stands on the page.
TIME_OF_A_MOVE = """([handle, image]) => new Promise((done) => {
    const before = document.querySelector(image).src;
    const start = performance.now();
    const look = () => {
        const now = document.querySelector(image);
        if (now && now.src !== before && now.complete) done(performance.now() - start);
        else requestAnimationFrame(look);
    };
    const press = new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true, cancelable: true});
    document.querySelectorAll(handle)[0].dispatchEvent(press);
    look();
})"""

TOO_WIDE = """(selector) => {
    const page = document.querySelector(selector).closest('.jp-OutputArea-output').getBoundingClientRect().right;
    const parts = document.querySelectorAll(`${selector} :is(.widget-slider, .widget-radio, label, input, img, li)`);
    return [...parts].filter((part) => part.getBoundingClientRect().right > page + 1).map((part) => part.outerHTML);
}"""


@pytest.fixture
def start(
    write_notebook: Callable[..., Path], open_lab: Callable[..., Page], run_all: Callable[[Page], None]
) -> Callable[..., Page]:
    """``start("label=1", width=800)``: a notebook with the explorer, run."""

    def go(arguments: str = "", cell: str = CELL, **size: int) -> Page:
        page = open_lab(write_notebook(cell.format(arguments)), **size)
        run_all(page)
        page.wait_for_selector(LIVE)
        return page

    return go


def expect_state(page: Page, state: SoftmaxState) -> None:
    """Wait until the page shows this state; picture, text alternative and readout must agree with the model."""
    picture = draw_logits(state)
    page.wait_for_function(
        "([selector, alt]) => document.querySelector(selector)?.alt === alt", arg=[LIVE, picture.text], timeout=90_000
    )
    source = page.get_attribute(LIVE, "src") or ""
    assert base64.b64decode(source.partition(",")[2]) == picture.columns[0]
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


def test_every_control_is_reached_by_tab_and_moved_by_keys(start: Callable[..., Page]) -> None:
    page = start()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    expect_state(page, SoftmaxState())
    press(page, "Escape")
    seen = tab_to(page, "Logit z₀")
    press(page, "ArrowRight", 3)
    expect_state(page, SoftmaxState((2.3, 1.0, -1.0)))
    seen += tab_to(page, "Logit z₂")
    press(page, "End")
    expect_state(page, SoftmaxState((2.3, 1.0, 6.0)))
    seen += tab_to(page, "class 1")
    press(page, "Space")
    expect_state(page, SoftmaxState((2.3, 1.0, 6.0), 1))
    seen += tab_to(page, "Smoothing ε")
    press(page, "ArrowRight", 10)
    expect_state(page, SoftmaxState((2.3, 1.0, 6.0), 1, 0.1))
    seen += tab_to(page, "Temperature T")
    press(page, "Home")
    expect_state(page, SoftmaxState((2.3, 1.0, 6.0), 1, 0.1, 0.1))
    press(page, "ArrowRight", 20)
    expect_state(page, SoftmaxState((2.3, 1.0, 6.0), 1, 0.1, 1.0))
    seen += tab_to(page, "Shift c")
    press(page, "ArrowRight")
    expect_state(page, SoftmaxState((2.3, 1.0, 6.0), 1, 0.1, 1.0, 1.0))
    assert [name for name in seen if not name.endswith("number")] == [
        *("Logit z₀", "Logit z₁", "Logit z₂"),
        *("class 0", "class 1", "class 2"),
        *("Smoothing ε", "Temperature T", "Shift c"),
    ]
    assert complaints == []


def test_a_shift_of_1000_breaks_the_naive_formula_and_nothing_else(start: Callable[..., Page], artifacts: Path) -> None:
    page = start()
    press(page, "Escape")
    tab_to(page, "Shift c")
    press(page, "End")
    expect_state(page, SoftmaxState(shift=1000.0))
    words = page.locator(EXPLORER).inner_text()
    assert "naive loss = nan" in words
    assert "exp of a large number is inf, and inf / inf is nan" in words
    assert "loss by log-sum-exp = 0.349012" in words
    page.locator(EXPLORER).screenshot(path=artifacts / "softmax-explorer-shift-1000.png")
    press(page, "Home")
    expect_state(page, SoftmaxState())


def test_after_many_quick_moves_the_last_state_is_shown(start: Callable[..., Page]) -> None:
    page = start()
    press(page, "Escape")
    tab_to(page, "Logit z₁")
    press(page, "ArrowLeft", 40)
    expect_state(page, SoftmaxState((2.0, -3.0, -1.0)))
    assert page.evaluate(NAME_OF_FOCUS) == "Logit z₁"


def test_while_the_widget_lives_the_static_picture_is_hidden(start: Callable[..., Page]) -> None:
    page = start()
    assert [page.locator(STATIC).nth(k).is_visible() for k in range(page.locator(STATIC).count())] == [False, False]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_is_wider_than_the_page(start: Callable[..., Page], artifacts: Path, width: int, theme: str) -> None:
    page = start("[3, -1, 0.5, 1, -4], label=2, epsilon=0.1, shift=1000", width=width, height=2000)
    page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {theme}"
    )
    page.wait_for_function("(light) => document.body.dataset.jpThemeLight === light", arg=str(theme == "Light").lower())
    page.wait_for_timeout(500)  # colours fade in
    page.screenshot(path=artifacts / f"softmax-explorer-{width}-{theme.lower()}.png")
    assert page.evaluate(TOO_WIDE, EXPLORER) == []


def test_the_buttons_of_the_other_explorer_wrap_too(start: Callable[..., Page], artifacts: Path) -> None:
    page = start(cell="from mlp_utils import explore_activations\nexplore_activations()", width=800, height=1300)
    page.screenshot(path=artifacts / "activation-explorer-800.png")
    assert page.evaluate(TOO_WIDE, EXPLORER) == []


def test_the_picture_follows_a_key(start: Callable[..., Page]) -> None:
    page = start()
    times = [page.evaluate(TIME_OF_A_MOVE, [f"{EXPLORER} .noUi-handle", LIVE]) for _ in range(15)]
    print(f"\nmilliseconds from key to picture: {[round(time) for time in times]}")
