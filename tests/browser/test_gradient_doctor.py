"""The gradient doctor in a real JupyterLab, moved by the keyboard alone."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from mlp_utils.explorers.doctor.mistakes import GROUPS, MISTAKES
from mlp_utils.explorers.doctor.picture import draw_doctor
from mlp_utils.explorers.doctor.state import DoctorState, hidden_mistake
from mlp_utils.explorers.doctor.words import readout_html
from playwright.sync_api import Page

from .test_activation_explorer import LIVE, NAME_OF_FOCUS, READOUT, STATIC, press, tab_to

pytestmark = pytest.mark.browser

CELL = "from mlp_utils.explorers import explore_gradient_doctor\nexplore_gradient_doctor({})"
EXPLORER = ".jupyter-widgets.mlp-explorer"
BUTTONS = ("Check my diagnosis", "Show the answer", "Next mystery")

# Milliseconds from a key press on a slider to the moment at which the picture of the new state stands on the page.
TIME_OF_A_MOVE = """([label, image]) => new Promise((done) => {
    const before = document.querySelector(image).src;
    const start = performance.now();
    const look = () => {
        const now = document.querySelector(image);
        if (now && now.src !== before && now.complete) done(performance.now() - start);
        else requestAnimationFrame(look);
    };
    const press = new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true, cancelable: true});
    const sliders = [...document.querySelectorAll('.widget-slider')];
    sliders.find((slider) => slider.textContent.includes(label)).querySelector('.noUi-handle').dispatchEvent(press);
    look();
})"""

TOO_WIDE = """(selector) => {
    const page = document.querySelector(selector).closest('.jp-OutputArea-output').getBoundingClientRect().right;
    const kinds = '.widget-slider, .widget-radio, .widget-button, label, input, img, li, .widget-html';
    const parts = document.querySelectorAll(`${selector} :is(${kinds})`);
    return [...parts].filter((part) => part.getBoundingClientRect().right > page + 1).map((part) => part.outerHTML);
}"""


@pytest.fixture
def start(
    write_notebook: Callable[..., Path], open_lab: Callable[..., Page], run_all: Callable[[Page], None]
) -> Callable[..., Page]:
    """``start("samples=1", width=800)``: a notebook with the gradient doctor, run."""

    def go(arguments: str = "", **size: int) -> Page:
        page = open_lab(write_notebook(CELL.format(arguments)), **size)
        run_all(page)
        page.wait_for_selector(LIVE)
        return page

    return go


def expect_state(page: Page, state: DoctorState) -> None:
    """Wait until the page shows this state; picture, text alternative and readout must agree with the model."""
    picture = draw_doctor(state)
    page.wait_for_function(
        """([image, alt, readout, html]) => {
            const expected = document.createElement('div');
            expected.innerHTML = html;  // through the browser's parser, which writes HTML in its own way
            return document.querySelector(image)?.alt === alt
                && document.querySelector(readout)?.closest('.widget-html-content').innerHTML === expected.innerHTML;
        }""",
        arg=[LIVE, picture.text, READOUT, readout_html(state)],
        timeout=90_000,
    )
    source = page.get_attribute(LIVE, "src") or ""
    assert base64.b64decode(source.partition(",")[2]) == picture.columns[0]


def choose(page: Page, mistake_id: str) -> None:
    """Choose a mistake with Tab and the space bar, from a place before the groups."""
    wanted = next(each for each in MISTAKES if each.id == mistake_id)
    tab_to(page, wanted.group)
    press(page, "Space")
    first = next(each.title for each in MISTAKES if each.group == wanted.group)
    page.wait_for_function(
        """([selector, title]) => [...document.querySelectorAll(`${selector} .widget-radio label`)]
            .some((label) => label.textContent.trim() === title)""",
        arg=[EXPLORER, first],
    )
    tab_to(page, wanted.title)
    press(page, "Space")


def test_every_control_is_reached_by_tab_and_moved_by_keys(start: Callable[..., Page]) -> None:
    page = start()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    expect_state(page, DoctorState())
    press(page, "Escape")
    seen = tab_to(page, "hidden layer")
    press(page, "Space")
    expect_state(page, DoctorState("mask_missing"))
    seen += tab_to(page, "mask inverted")
    press(page, "Space")
    state = DoctorState("mask_inverted")
    expect_state(page, state)
    for label, key, change in (
        ("Samples N", "Home", {"samples": 1}),
        ("Inputs d", "End", {"inputs": 6}),
        ("Units H", "ArrowRight", {"hidden": 6}),
        ("Classes C", "ArrowLeft", {"classes": 2}),
        ("Smoothing ε", "Home", {"epsilon": 0.0}),
        ("Learning rate η", "ArrowRight", {"rate": 1.0}),
        ("Seed", "ArrowRight", {"seed": 1}),
    ):
        seen += tab_to(page, label)
        press(page, key)
        state = dataclasses.replace(state, **change)
        expect_state(page, state)
    assert [name for name in seen if not name.endswith("number")] == [
        *("show the mistake", "mystery"),
        *GROUPS,
        *(each.title for each in MISTAKES if each.group == "hidden layer"),
        *("Samples N", "Inputs d", "Units H", "Classes C", "Smoothing ε", "Learning rate η", "Seed"),
    ]
    assert complaints == []


def test_a_mystery_is_diagnosed_by_keys_alone(start: Callable[..., Page], artifacts: Path) -> None:
    page = start(height=1400)
    press(page, "Escape")
    tab_to(page, "mystery")
    press(page, "Space")
    state = DoctorState(mystery=1)
    expect_state(page, state)
    hidden = hidden_mistake(1)
    assert hidden.title not in page.locator(f"{EXPLORER} li").all_inner_texts()
    tab_to(page, "Check my diagnosis")
    press(page, "Space")
    state = dataclasses.replace(state, guess="mean_missing")
    expect_state(page, state)
    assert "Not “1/N left out”: " in page.locator(EXPLORER).inner_text()
    page.locator(EXPLORER).screenshot(path=artifacts / "gradient-doctor-mystery-refused.png")
    # Back to the first control: from there the wanted mistake is chosen.
    while page.evaluate(NAME_OF_FOCUS) != "mystery":
        press(page, "Shift+Tab")
    choose(page, hidden.id)
    tab_to(page, "Check my diagnosis")
    press(page, "Space")
    state = dataclasses.replace(state, mistake=hidden.id, guess=hidden.id)
    expect_state(page, state)
    assert "Your diagnosis is right" in page.locator(EXPLORER).inner_text()
    page.locator(EXPLORER).screenshot(path=artifacts / "gradient-doctor-mystery-solved.png")
    tab_to(page, "Next mystery")
    press(page, "Space")
    state = dataclasses.replace(state, mystery=2, guess="")
    expect_state(page, state)
    press(page, "Shift+Tab")
    assert page.evaluate(NAME_OF_FOCUS) == "Show the answer"
    press(page, "Space")
    expect_state(page, dataclasses.replace(state, given_up=True))
    assert f"The answer: “{hidden_mistake(2).title}”" in page.locator(EXPLORER).inner_text()


def test_sizes_hide_and_show_a_mistake(start: Callable[..., Page], artifacts: Path) -> None:
    page = start("'w2_not_transposed'", height=1400)
    expect_state(page, DoctorState("w2_not_transposed"))
    assert "ValueError at dA1" in page.locator(EXPLORER).inner_text()
    page.locator(EXPLORER).screenshot(path=artifacts / "gradient-doctor-value-error.png")
    press(page, "Escape")
    tab_to(page, "Units H")
    press(page, "ArrowLeft", 2)
    expect_state(page, DoctorState("w2_not_transposed", hidden=3))
    text = page.locator(EXPLORER).inner_text()
    assert "ValueError at dA1" not in text
    assert "H = C hides the shape" in text
    page.locator(EXPLORER).screenshot(path=artifacts / "gradient-doctor-square.png")


def test_the_buttons_of_the_mystery_are_there_in_a_mystery_only(start: Callable[..., Page]) -> None:
    page = start()
    shown = [page.get_by_role("button", name=name, exact=True) for name in BUTTONS]
    assert not any(button.is_visible() for button in shown)
    press(page, "Escape")
    tab_to(page, "mystery")
    press(page, "Space")
    expect_state(page, DoctorState(mystery=1))
    assert all(button.is_visible() for button in shown)


def test_after_many_quick_moves_the_last_state_is_shown(start: Callable[..., Page]) -> None:
    page = start()
    press(page, "Escape")
    tab_to(page, "Seed")
    press(page, "ArrowRight", 40)
    expect_state(page, DoctorState(seed=40))
    assert page.evaluate(NAME_OF_FOCUS) == "Seed"


def test_while_the_widget_lives_the_static_picture_is_hidden(start: Callable[..., Page]) -> None:
    page = start()
    assert [page.locator(STATIC).nth(k).is_visible() for k in range(page.locator(STATIC).count())] == [False, False]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_is_wider_than_the_page(start: Callable[..., Page], artifacts: Path, width: int, theme: str) -> None:
    largest = "samples=12, inputs=6, hidden=8, classes=6, mystery=3"  # with its question
    for name, arguments in (("start", "'mask_missing'"), ("largest", largest)):
        page = start(arguments, width=width, height=2300)
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {theme}"
        )
        page.wait_for_function(
            "(light) => document.body.dataset.jpThemeLight === light", arg=str(theme == "Light").lower()
        )
        page.wait_for_timeout(500)  # colours fade in
        page.screenshot(path=artifacts / f"gradient-doctor-{name}-{width}-{theme.lower()}.png")
        assert page.evaluate(TOO_WIDE, EXPLORER) == []


def test_the_picture_follows_a_key(start: Callable[..., Page]) -> None:
    page = start()
    for label in ("Samples N", "Learning rate η", "Seed"):
        times = [page.evaluate(TIME_OF_A_MOVE, [label, LIVE]) for _ in range(3)]
        print(f"\nmilliseconds from key to picture, {label}: {[round(time) for time in times]}")
