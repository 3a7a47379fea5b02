"""The explorer of backpropagation in a real JupyterLab, moved by the keyboard alone."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from mlp_utils.explorers.backprop.model import BackpropState
from mlp_utils.explorers.backprop.network import EXAMPLE, random_network, replace_sample
from mlp_utils.explorers.backprop.picture import draw_network
from mlp_utils.explorers.backprop.words import readout_html
from playwright.sync_api import Page

from .test_activation_explorer import LIVE, STATIC, press

pytestmark = pytest.mark.browser

CELL = "from mlp_utils.explorers import explore_backprop\nexplore_backprop({})"
EXPLORER = ".jupyter-widgets.mlp-explorer"
LAST = len(BackpropState().steps)

NAME_OF_FOCUS = """() => {
    const here = document.activeElement;
    const widget = here?.closest('.jupyter-widgets');
    if (!widget) return '';
    if (here.tagName === 'BUTTON') return here.textContent.trim();
    if (here.type === 'radio') return here.parentElement.textContent.trim();
    const name = widget.querySelector('label').textContent;
    return here.classList.contains('widget-readout') ? name + ' as a number' : name;
}"""

SAME_HTML = """([selector, html]) => {
    const expected = document.createElement('div');
    expected.innerHTML = html;
    return [...document.querySelectorAll(selector)].some((shown) => shown.innerHTML === expected.innerHTML);
}"""

# Milliseconds from a key press to the moment at which the picture of the new state stands on the page.
TIME_OF_A_STEP = """([handle, image, key]) => new Promise((done) => {
    const before = document.querySelector(image).src;
    const start = performance.now();
    const look = () => {
        const now = document.querySelector(image);
        if (now && now.src !== before && now.complete) done(performance.now() - start);
        else requestAnimationFrame(look);
    };
    document.querySelector(handle).dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    look();
})"""

TOO_WIDE = """(selector) => {
    const page = document.querySelector(selector).closest('.jp-OutputArea-output').getBoundingClientRect().right;
    const parts = document.querySelectorAll(
        `${selector} :is(.widget-slider, .widget-radio, .widget-button, .widget-text, label, input, img, li)`);
    return [...parts].filter((part) => part.getBoundingClientRect().right > page + 1).map((part) => part.outerHTML);
}"""


@pytest.fixture
def start(
    write_notebook: Callable[..., Path], open_lab: Callable[..., Page], run_all: Callable[[Page], None]
) -> Callable[..., Page]:
    """``start("epsilon=0.1", width=800)``: a notebook with the explorer, run."""

    def go(arguments: str = "", **size: int) -> Page:
        page = open_lab(write_notebook(CELL.format(arguments)), **size)
        run_all(page)
        page.wait_for_selector(LIVE)
        return page

    return go


def expect_state(page: Page, state: BackpropState) -> None:
    """Wait until the page shows this state; picture, text alternative and readout must agree with the model."""
    picture = draw_network(state)
    page.wait_for_function(
        "([selector, alt]) => document.querySelector(selector)?.alt === alt", arg=[LIVE, picture.text], timeout=90_000
    )
    source = page.get_attribute(LIVE, "src") or ""
    assert base64.b64decode(source.partition(",")[2]) == picture.columns[0]
    # Both sides go through the browser's parser, which writes HTML in its own way.
    page.wait_for_function(SAME_HTML, arg=[f"{EXPLORER} .widget-html-content", readout_html(state)], timeout=90_000)


def tab_to(page: Page, name: str, key: str = "Tab") -> list[str]:
    """Press Tab until the control whose name begins so has the focus; the names of all controls on the way."""
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press(key)
        here = page.evaluate(NAME_OF_FOCUS)
        if here:
            seen.append(here)
        if here.startswith(name):
            return seen
    raise AssertionError(f"Tab never reached {name!r}; it visited {seen}.")


def expect_words(page: Page, words: str) -> None:
    page.wait_for_function(
        "([selector, words]) => document.querySelector(selector).innerText.includes(words)",
        arg=[EXPLORER, words],
        timeout=90_000,
    )


def test_the_keyboard_walks_forward_and_backward(start: Callable[..., Page], artifacts: Path) -> None:
    page = start()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    expect_state(page, BackpropState())
    press(page, "Escape")
    seen = tab_to(page, "Step")
    press(page, "ArrowRight", 3)
    expect_state(page, BackpropState(EXAMPLE, 3))
    press(page, "ArrowLeft")
    expect_state(page, BackpropState(EXAMPLE, 2))
    press(page, "End")
    expect_state(page, BackpropState(EXAMPLE, LAST))
    press(page, "Home")
    expect_state(page, BackpropState())
    seen += tab_to(page, "Next")
    press(page, "Space")
    expect_state(page, BackpropState(EXAMPLE, 1))
    press(page, "Enter")
    expect_state(page, BackpropState(EXAMPLE, 2))
    seen += tab_to(page, "All of it")
    press(page, "Space")
    expect_state(page, BackpropState(EXAMPLE, 3))
    press(page, "Space")
    expect_state(page, BackpropState(EXAMPLE, 6))
    seen += tab_to(page, "End")
    press(page, "Space")
    expect_state(page, BackpropState(EXAMPLE, LAST))
    assert page.evaluate(NAME_OF_FOCUS) == "End"
    tab_to(page, "◀ Back", "Shift+Tab")
    press(page, "Space")
    expect_state(page, BackpropState(EXAMPLE, LAST - 1))
    tab_to(page, "Start", "Shift+Tab")
    press(page, "Space")
    expect_state(page, BackpropState())
    tab_to(page, "End")
    seen += tab_to(page, "Check")
    assert [name for name in seen if not name.endswith("number")] == [
        *("worked example", "random numbers"),
        *("Sample x", "class 0", "class 1", "class 2", "Smoothing ε", "Step"),
        *("Start", "◀ Back", "Next ▶", "All of it ▶▶", "End"),
        *("Your turn: z[0] =", "Check"),
    ]
    assert complaints == []


def test_a_wrong_number_is_answered_and_a_right_one_makes_the_step(start: Callable[..., Page], artifacts: Path) -> None:
    position = next(k for k, step in enumerate(BackpropState().steps) if step.entry.name == "da[1]")
    page = start(f"step={position}", height=1300)
    press(page, "Escape")
    tab_to(page, "Your turn: da[1] =")
    page.keyboard.type("-0.1736")
    press(page, "Enter")
    expect_words(page, "✗ Not yet: the sign is the opposite one.")
    page.locator(EXPLORER).screenshot(path=artifacts / "backprop-explorer-wrong.png")
    expect_state(page, BackpropState(EXAMPLE, position))
    press(page, "Control+a")
    page.keyboard.type("0.1736")
    press(page, "Enter")
    expect_state(page, BackpropState(EXAMPLE, position + 1))
    expect_words(page, "✓ Right: da[1].")
    page.locator(EXPLORER).screenshot(path=artifacts / "backprop-explorer-right.png")
    # The field is empty, keeps the focus and asks for the next number.
    page.wait_for_function(f"() => ({NAME_OF_FOCUS})() === 'Your turn: da[2] ='")
    page.wait_for_function("() => document.activeElement.value === ''")
    page.keyboard.type("4.17622")
    tab_to(page, "Check")
    page.wait_for_timeout(1000)
    expect_state(page, BackpropState(EXAMPLE, position + 1))  # leaving the field decides nothing
    press(page, "Space")
    expect_state(page, BackpropState(EXAMPLE, position + 2))


def test_the_same_number_may_be_right_several_times(start: Callable[..., Page]) -> None:
    position = next(k for k, step in enumerate(BackpropState().steps) if step.entry.name == "dW2[0, 0]")
    page = start(f"step={position}")
    press(page, "Escape")
    tab_to(page, "Your turn: dW2[0, 0] =")
    for k in range(3):
        page.keyboard.type("0")
        press(page, "Enter")
        expect_state(page, BackpropState(EXAMPLE, position + 1 + k))
        page.wait_for_function("() => document.activeElement.value === ''")
    for _ in range(2):  # Enter once more says the same once more
        page.keyboard.type("7")
        press(page, "Enter")
        expect_words(page, "✗ Not yet: ")
        press(page, "Backspace")


def test_another_network_and_another_sample_by_the_keyboard(start: Callable[..., Page], artifacts: Path) -> None:
    page = start(height=1500)
    press(page, "Escape")
    tab_to(page, "random numbers")
    press(page, "Space")
    network = random_network(2, 3, 3, 0)
    expect_state(page, BackpropState(network))
    for name, key, sizes in (
        ("Inputs d", "ArrowUp", (3, 3, 3, 0)),
        ("Hidden units H", "ArrowUp", (3, 4, 3, 0)),
        ("Classes C", "ArrowUp", (3, 4, 4, 0)),
        ("Seed", "ArrowUp", (3, 4, 4, 1)),
    ):
        tab_to(page, name)
        press(page, key)
        network = random_network(*sizes)
        expect_state(page, BackpropState(network))
    tab_to(page, "Sample x")
    press(page, "Control+a")
    page.keyboard.type("1, two, 3")
    press(page, "Enter")
    expect_words(page, "“two” is none. The sample before it stays.")
    page.locator(EXPLORER).screenshot(path=artifacts / "backprop-explorer-bad-sample.png")
    press(page, "Control+a")
    page.keyboard.type("1, -2, 0.5")
    press(page, "Enter")
    network = replace_sample(network, [1, -2, 0.5], network.label, network.epsilon)
    expect_state(page, BackpropState(network))
    tab_to(page, "Step")
    press(page, "ArrowRight", 40)
    expect_state(page, BackpropState(network, 40))
    page.locator(EXPLORER).screenshot(path=artifacts / "backprop-explorer-4-units.png")


def test_while_the_widget_lives_the_static_picture_is_hidden(start: Callable[..., Page]) -> None:
    page = start()
    hidden = [page.locator(STATIC).nth(k).is_visible() for k in range(page.locator(STATIC).count())]
    assert hidden == [False, False]
    # It shows the end, where all numbers are known.
    assert page.get_attribute(STATIC, "alt") == draw_network(BackpropState(EXAMPLE, LAST)).text


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_is_wider_than_the_page(start: Callable[..., Page], artifacts: Path, width: int, theme: str) -> None:
    page = start("step=34", width=width, height=1200 if width == 1280 else 2300)
    page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {theme}"
    )
    page.wait_for_function("(light) => document.body.dataset.jpThemeLight === light", arg=str(theme == "Light").lower())
    page.wait_for_timeout(500)  # colours fade in
    page.screenshot(path=artifacts / f"backprop-explorer-{width}-{theme.lower()}.png")
    assert page.evaluate(TOO_WIDE, EXPLORER) == []


def test_the_picture_follows_a_key(start: Callable[..., Page]) -> None:
    page = start()
    for pause, name in ((0, "at once after each other"), (400, "with time to think")):
        times = []
        for _ in range(15):
            page.wait_for_timeout(pause)
            times.append(page.evaluate(TIME_OF_A_STEP, [f"{EXPLORER} .noUi-handle", LIVE, "ArrowRight"]))
        middle = sorted(times)[len(times) // 2]
        print(f"\nmilliseconds from key to picture, {name}: median {middle:.0f} of {[round(time) for time in times]}")
