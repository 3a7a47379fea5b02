"""LaTeX to MathML, which browsers set by themselves: no script, no font and no network.

The LaTeX may be hostile.  The converter keeps ``\\href``, ``\\style`` and raw angle brackets as they are, so its result
is taken apart and written anew: known elements, known attributes, escaped text, nothing else.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

from latex2mathml.converter import Converter

LONGEST = 2000
"""Longer formulas are shown as text; the converter's time grows with the square of the length."""

_ELEMENTS = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mstyle", "mpadded", "mphantom", "menclose"),
    *("mfrac", "msqrt", "mroot", "msup", "msub", "msubsup", "munder", "mover", "munderover"),
    *("mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd"),
}
_ATTRIBUTES = {
    *("display", "displaystyle", "scriptlevel", "stretchy", "fence", "form", "separator", "accent", "accentunder"),
    *("largeop", "movablelimits", "symmetric", "minsize", "maxsize", "lspace", "rspace", "linethickness"),
    *("width", "height", "depth", "voffset"),
}
_CHILDREN = {"mfrac": 2, "mroot": 2, "msup": 2, "msub": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
_VALUE = re.compile(r"(true|false|block|inline|prefix|infix|postfix|[+-]?\d{0,2}(\.\d+)?(em|ex|pt|px|%)?)\Z")
_DEFINITIONS = re.compile(r"\\(re|provide)?(newcommand|newenvironment|def|let)(?![A-Za-z])|\\require(?![A-Za-z])")
_WRAPPERS = re.compile(r"\\(begin|end)\{(equation|displaymath|math)\*?\}")
_ALIGNED = re.compile(r"\\(begin|end)\{(aligned|align|alignedat|eqnarray|gathered|gather|split|multline)\*?\}")


def mathml(latex: str, display: bool = False) -> str:
    """The formula as a ``<math>`` element; as escaped LaTeX in ``<code>`` if it cannot be converted."""
    latex = latex.strip()
    try:
        if not latex or len(latex) > LONGEST or _DEFINITIONS.search(latex):
            raise ValueError("not a formula to convert")
        # The converter knows one of the environments for several lines, and numbers those without a star.
        wanted = _ALIGNED.sub(r"\\\1{align*}", _WRAPPERS.sub("", latex))
        element = Converter(display="block" if display else "inline").convert_to_element(wanted)
        return _written(element)
    except Exception:  # Whatever a student typed: a formula that cannot be set is shown as it was typed.
        mark = "$$" if display else "$"
        return f'<code class="latex">{html.escape(mark + latex + mark)}</code>'


def _written(element: Any) -> str:
    """The element as text, made of what is known to be harmless."""
    text = html.unescape(element.text or "")
    if element.tag not in _ELEMENTS:
        raise ValueError(f"the element {str(element.tag)[:40]} is not expected")
    if len(element) != _CHILDREN.get(element.tag, len(element)):
        raise ValueError(f"a piece of {element.tag} is missing")
    attributes = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES and _VALUE.match(value)}
    variant = element.attrib.get("mathvariant", "")
    if variant == "normal":
        attributes["mathvariant"] = variant
    elif variant:
        text = "".join(_styled(character, variant) for character in text)
    if element.tag == "mtd" and element.attrib.get("columnalign") in ("left", "right"):
        attributes["class"] = element.attrib["columnalign"]
    head = "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
    inside = html.escape(text) + "".join(_written(child) for child in element)
    return f"<{element.tag}{head}>{inside}</{element.tag}>"


def _styled(character: str, variant: str) -> str:
    """The bold, double-struck, ... character; browsers do not make one from the attribute."""
    name = unicodedata.name(character, "").replace(" LETTER ", " ")
    name = name.removeprefix("LATIN ").removeprefix("GREEK ")
    style = {"bold-italic": "BOLD ITALIC", "double-struck": "DOUBLE-STRUCK"}.get(variant, variant.upper())
    others = {"FRAKTUR": "BLACK-LETTER", "BOLD-SCRIPT": "BOLD SCRIPT", "MONOSPACE": "MONOSPACE"}
    for full in (f"MATHEMATICAL {style} {name}", f"{style} {name}", f"{others.get(style, style)} {name}"):
        try:
            return unicodedata.lookup(full)
        except KeyError:
            continue
    return character
