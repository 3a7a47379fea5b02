"""Pages that need nothing but themselves: templates, Markdown with mathematics, and text by strangers made harmless.

No page loads anything: no script, no font, no picture from elsewhere, and its Content-Security-Policy forbids it.
Whatever a student wrote is text: it is escaped, and what would not be seen (control characters, characters that turn
the direction of writing) is shown.
"""

from __future__ import annotations

import functools
import re
import stat
from pathlib import Path
from typing import Any

import jinja2
import mistune
from markupsafe import Markup, escape
from mistune.plugins.math import math, math_in_list, math_in_quote
from mistune.plugins.table import table
from mlp_utils.status import SYMBOLS, WORDS, Status

from autograder.files.notebooks import first_heading
from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically
from autograder.pages.mathematics import mathml
from autograder.pages.results import StudentResult

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 20_000
"""Characters of one answer that a page shows."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_ENVIRONMENT = (
    r"\\begin\{(?P<environment_name>(?:align|gather|equation|eqnarray|multline)\*?)\}"
    r"[\s\S]*?\\end\{(?P=environment_name)\}"
)


def visible(text: str) -> str:
    """The text with the code of each character that could not be seen, and cut where it gets too long to read."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text[:LONGEST])
    return shown if len(text) <= LONGEST else f"{shown}\n… (cut here; there are {len(text)} characters)"


def markdown(text: str) -> Markup:
    """Markdown by a stranger as HTML: structure and mathematics, no raw HTML, no links, no pictures."""
    shown = visible(text)
    try:
        return Markup(_reader()(shown))
    except Exception:  # The reader is not ours, and a page is written whatever a student typed.
        return Markup("<pre>{}</pre>").format(shown)


class _Harmless(mistune.HTMLRenderer):
    """Text, lists, tables and formulas; an address is shown and leads nowhere."""

    def text(self, text: str) -> str:
        return str(escape(text))

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text if text == escape(url) else f"{text} ({_address(url)})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f"[picture: {text}] ({_address(url)})"

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        return f"<p><strong>{text}</strong></p>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def inline_math(self, text: str) -> str:
        return mathml(text)

    def block_math(self, text: str) -> str:
        return f'<span class="formula">{mathml(text, display=True)}</span>\n'


def _address(url: str) -> str:
    return str(escape(url if len(url) <= 200 else f"{url[:200]}…"))


def _environments(md: mistune.Markdown) -> None:
    """A LaTeX environment is a formula without dollar signs, as in Jupyter."""

    def parse(inline: mistune.InlineParser, found: re.Match[str], state: mistune.InlineState) -> int:
        state.append_token({"type": "block_math", "raw": found[0]})
        return found.end()

    md.inline.register("environment", _ENVIRONMENT, parse, before="escape")


@functools.cache
def _reader() -> Any:
    return mistune.Markdown(renderer=_Harmless(), plugins=[math, math_in_list, math_in_quote, _environments, table])


def course_title(course: Course) -> str:
    """What the course calls itself: the first heading of its syllabus."""
    syllabus = course.root / "course" / "syllabus.md"
    title = first_heading(syllabus.read_text(encoding="utf-8")) if syllabus.is_file() else ""
    return title or "Multi-layer perceptrons"


def number(value: float) -> str:
    """Points as people write them: 3, 2.5, 1.333."""
    return f"{round(value, 3) + 0.0:g}"


def symbol(status: Status) -> str:
    """The status's sign, asked for as a character and not as a coloured picture."""
    return SYMBOLS[status] + "\ufe0e"


def name_of(entry: StudentResult) -> str:
    """Last name, first name; empty where no name is known."""
    return ", ".join(filter(None, (entry.student.last_name, entry.student.first_name)))


def breakable(name: str) -> Markup:
    """An id that a narrow column may break after an underscore."""
    return Markup("_<wbr>").join(name.split("_"))


@functools.cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "visible": visible,
        "number": number,
        "symbol": symbol,
        "word": WORDS.__getitem__,
        "name": name_of,
        "breakable": breakable,
    }
    return environment


def render(template: str, **context: Any) -> bytes:
    """Fill a template."""
    return _templates().get_template(template).render(context).encode("utf-8", "replace")


def write_page(path: Path, template: str, *, mode: int = 0o600, **context: Any) -> Path:
    """Fill a template and write it in one step; readable for the owner alone unless another mode is given."""
    content = render(template, **context)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.stat().st_mode & stat.S_IWUSR:
            path.parent.chmod(0o755)
        write_atomically(path, content)
        path.chmod(mode)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CourseError(f"{path} cannot be written ({reason}); check the permissions and the disk.") from error
    return path
