"""Markdown and mathematics by strangers."""

from __future__ import annotations

import pytest

from autograder.pages.mathematics import mathml
from autograder.pages.pages import LONGEST, markdown, number, visible

from ..records import HARMFUL, Page

ATTACKS = [
    "<script>alert(1)</script>",
    "</pre></div><script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "[click][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](http://example.org/x.png)",
    '![x](x.png "title\\" onerror=alert(1)")',
    '<img src=x onerror="alert(1)">',
    "$\\href{javascript:alert(1)}{x}$",
    "$\\text{<script>alert(1)</script>}$",
    "$\\text{&lt;script&gt;alert(1)&lt;/script&gt;}$",
    "$\\style{background:url(//example.org)}{x}$",
    "$$\\class{card passed}{x}$$",
    "$\\unicode{x3c}script\\unicode{x3e}$",
    "$\\mathbf{<img src=x onerror=alert(1)>}$",
    '$\\color{red" onload="alert(1)}{x}$',
    '```python" onload="alert(1)\nx\n```',
    "|a|b|\n|-|-|\n|<script>|$\\text{</td><script>}$|",
    "<details open ontoggle=alert(1)>",
    "- <iframe src=//example.org>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_markdown_is_inert(attack: str) -> None:
    html = str(markdown(f"Before\n\n{attack}\n\nafter"))
    page = Page(html)
    assert not HARMFUL & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert tag != "a"
        assert not {name for name in attributes if name.startswith("on") or name in ("href", "src", "id")}
        assert attributes.get("style", "text-align:left").startswith("text-align:")
        assert set(attributes.get("class", "formula").split()) <= {"formula", "latex", "left", "right"}
    assert page.text.startswith("Before") and page.text.endswith("after")


def test_markdown_keeps_its_structure() -> None:
    html = str(markdown("# Why\n\n**Because** of *this*:\n\n- one\n- two\n\n1. first\n\n> quoted\n\n`code`"))
    for piece in ("<strong>Why</strong>", "<em>this</em>", "<li>one</li>", "<ol>", "<blockquote>", "<code>code</code>"):
        assert piece in html
    assert "<h1" not in html, "the page has its own headings"


def test_an_address_is_shown_and_leads_nowhere() -> None:
    html = str(markdown("[the book](http://example.org/book) and <https://example.org>"))
    assert "the book (http://example.org/book)" in html
    assert html.count("https://example.org") == 1 and "<a" not in html


def test_formulas_become_mathml() -> None:
    html = str(markdown("The gradient is $\\frac{\\partial J}{\\partial W}$, so\n\n$$\ndW = X^\\top dZ\n$$\n"))
    assert "<mfrac>" in html and 'display="block"' in html and "$" not in html


def test_an_environment_needs_no_dollar_signs() -> None:
    html = str(markdown("Thus\n\n\\begin{align}\na &= b \\\\\n  &= c\n\\end{align}\n"))
    assert html.count("<mtr>") == 2 and "begin" not in html


def test_bold_and_double_struck_letters_are_characters() -> None:
    html = mathml(r"\mathbf{W} \in \mathbb{R}, \boldsymbol{\delta}, \mathcal{L}")
    assert all(letter in html for letter in "𝐖ℝ𝜹ℒ") and "mathvariant" not in html


@pytest.mark.parametrize(
    "broken",
    [
        r"\frac{a",
        r"\frac{1}",
        "x^",
        "{" * 1900,
        r"\left(" * 300,
        "a" * 3000,
        r"\newcommand{\a}{\a\a}\a",
        r"\def\x{1}\x",
        r"\begin{matrix}" * 50,
        "x^2^2",
    ],
)
def test_a_formula_that_cannot_be_set_is_shown_as_it_was_typed(broken: str) -> None:
    html = mathml(broken)
    page = Page(html)
    assert [tag for tag, _ in page.tags] == ["code"]
    assert "".join(page.pieces) == f"${broken}$"


@pytest.mark.parametrize(
    "piece", ["[", "*", "`", "> ", "- ", "$a", "<", "![", "](", "$$\n", "|", "\\", "_a", "1. ", "{"]
)
def test_repetition_neither_stops_nor_slows_the_page(piece: str) -> None:
    text = piece * (LONGEST // len(piece))
    assert len(str(markdown(text))) < 20 * LONGEST


def test_characters_that_cannot_be_seen_are_named() -> None:
    assert visible("a\u202eb\x1b[31mc\x00\ud800") == "a⟨U+202E⟩b⟨U+001B⟩[31mc⟨U+0000⟩⟨U+D800⟩"
    assert visible("tab\tand\r\nnew line\rand é") == "tab\tand\nnew line\nand é"


def test_very_long_text_is_cut_and_says_so() -> None:
    shown = visible("x" * 10 * LONGEST)
    assert len(shown) < LONGEST + 100 and shown.endswith(f"there are {10 * LONGEST} characters)")


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (2.5, "2.5"), (4 / 3, "1.333"), (-0.0, "0"), (20.0, "20")])
def test_points_are_written_as_people_write_them(value: float, text: str) -> None:
    assert number(value) == text
