"""A student's text as HTML that does nothing: no scripts, no event handlers, nothing fetched from elsewhere.

nbgrader's pages show the text of a submission as it stands, with any HTML in it.  ``markdown`` takes the place of
nbconvert's filter of that name (see ``nbgrader_settings``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bleach
from bleach.sanitizer import ALLOWED_TAGS
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_MORE = "p br hr h1 h2 h3 h4 h5 h6 div span pre img del sub sup table thead tbody tr th td dl dt dd"
TAGS = {*ALLOWED_TAGS, *_MORE.split()}
PICTURES = ("data:image/png;", "data:image/jpeg;", "data:image/gif;")


def _kept(tag: str, name: str, value: str) -> bool:
    if name in ("class", "title", "alt", "align", "colspan", "rowspan"):
        return True
    if tag == "img" and name == "src":
        return value.startswith(PICTURES)  # pictures that were pasted; others would tell somebody who reads, and when
    return tag == "a" and name == "href" and not value.lstrip().lower().startswith("data:")


def html(text: str) -> str:
    """HTML with harmless tags, attributes and addresses only; everything else is shown as text or left out."""
    return str(bleach.clean(text, tags=TAGS, attributes=_kept, protocols={"http", "https", "mailto", "data"}))


@pass_context
def markdown(context: Mapping[str, Any], source: str) -> str:
    """Markdown with formulas and pasted pictures as harmless HTML."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return html(MarkdownWithMath(renderer=renderer).render(source))
