"""A student's text in nbgrader's pages: formulas and pictures stay, scripts do not."""

from __future__ import annotations

import pytest

from autograder.gradebook.inert import html, markdown

PIXEL = "iVBORw0KGgo="


@pytest.mark.parametrize(
    "harm",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        "[x](javascript:alert(1))",
        '<iframe src="https://example.com"></iframe>',
        "<svg/onload=alert(1)>",
        '<div style="background:url(https://example.com/a.png)">x</div>',
        '<img src="https://example.com/track.png">',
        "![x](https://example.com/track.png)",
        '<math><mtext><style><img src onerror="alert(1)"></style>',
        '<form action="https://example.com"><input name="a"></form>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    ],
)
def test_nothing_runs_and_nothing_is_fetched(harm: str) -> None:
    shown = markdown({"cell": {}}, harm).replace("&lt;", "").lower()
    for word in ("<script", "<iframe", "<svg", "<form", "<style", "<img src=", "javascript:", "style=", "data:text"):
        assert word not in shown, shown
    assert "<img" not in shown or "src" not in shown.split("<img")[1].split(">")[0]


def test_what_students_write_stays() -> None:
    text = "# A heading\n\n$a_1 < b_2$ and `code`\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n- one\n- *two*"
    shown = markdown({"cell": {}}, text)
    for piece in ("<h1", "$a_1 &lt; b_2$", "<code>code</code>", "<table>", "<li>", "<em>two</em>"):
        assert piece in shown, shown


def test_a_pasted_picture_stays() -> None:
    cell = {"attachments": {"a.png": {"image/png": PIXEL}}}
    assert f'src="data:image/png;base64,{PIXEL}"' in markdown({"cell": cell}, "![mine](attachment:a.png)")


def test_html_is_idempotent() -> None:
    once = html("<p>a &amp; b <b>c</b></p><script>x</script>")
    assert html(once) == once
