"""The bytes of a notebook file as a notebook; the only parser of both packages.

This is the only module of the students' package that loads nbformat, which comes with JupyterLab.
"""

from __future__ import annotations

import warnings
from typing import Any

MAX_BYTES = 20_000_000
"""A larger file is not read."""


class UnreadableNotebook(ValueError):
    """The bytes are not a notebook; the message says why, and ``kind`` in a word: large, empty, or broken."""

    def __init__(self, message: str, kind: str = "broken") -> None:
        super().__init__(message)
        self.kind = kind


def parse(content: bytes) -> Any:
    """A notebook (nbformat's ``NotebookNode``, version 4) from bytes; ``UnreadableNotebook`` says what is wrong."""
    import nbformat

    if len(content) > MAX_BYTES:
        raise UnreadableNotebook(f"the file has {len(content)} bytes, and {MAX_BYTES} are the most.", "large")
    if not content.strip():
        raise UnreadableNotebook("the file is empty.", "empty")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableNotebook("the file is not UTF-8 text.") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ids that are missing or stand there twice: the grader gives new ones
            notebook = nbformat.reads(text, as_version=4)
            nbformat.validate(notebook)
    except RecursionError as error:
        raise UnreadableNotebook("the file is nested too deeply.") from error
    except Exception as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UnreadableNotebook(f"the file is not a notebook ({reason}).") from error
    return notebook
