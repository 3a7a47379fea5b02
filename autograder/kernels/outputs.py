"""What a student's kernel sends, made inert: known kinds and types only, bounded in size and number."""

from __future__ import annotations

import ast
import re
from typing import Any

from mlp_utils.assessing.wire import MAX_REPLY_CHARS
from nbformat import NotebookNode

SHOWN = ("text/plain", "image/png", "image/jpeg")
"""What is kept of a student's outputs: nothing that a browser would run."""

MOST_OUTPUTS, MOST_IMAGE_CHARS = 200, 2_000_000
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


def part(value: object, name: str) -> dict[str, Any]:
    """A dictionary within a message; an empty one where there is something else."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def text(value: object, most: int) -> str:
    """At most so many characters of a string, fit to be written as UTF-8; nothing of anything else."""
    return value[:most].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


class Outputs:
    """The outputs of one cell, as they come in; stops growing at a limit of characters."""

    def __init__(self, limit: int) -> None:
        self.items: list[Any] = []
        self.error = ""
        self.idle = False
        self._room = limit

    def take(self, message: dict[str, Any]) -> None:
        """Take one message that belongs to the cell; whatever it is not, it is ignored."""
        kind, content = message.get("msg_type"), part(message, "content")
        if kind == "status":
            self.idle = self.idle or content.get("execution_state") == "idle"
        elif kind == "clear_output":
            self.items.clear()
        elif kind == "stream":
            self._add_stream("stderr" if content.get("name") == "stderr" else "stdout", content)
        elif kind in ("display_data", "execute_result"):
            self._add_data(str(kind), content)
        elif kind == "error":
            self._add_error(content)

    def _add_stream(self, name: str, content: dict[str, Any]) -> None:
        shown = text(content.get("text"), self._room)
        self._room -= len(shown)
        last = self.items[-1] if self.items else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += shown
        elif shown:
            self._append({"output_type": "stream", "name": name, "text": shown})

    def _add_data(self, kind: str, content: dict[str, Any]) -> None:
        data = {}
        for mime, value in part(content, "data").items():
            if mime not in SHOWN or not isinstance(value, str):
                continue
            # A picture may be larger than the text limit allows; but only whole is it a picture.
            if mime != "text/plain" and (self._room <= 0 or not self._is_image(value)):
                continue
            data[mime] = text(value, self._room if mime == "text/plain" else MOST_IMAGE_CHARS)
        if not data or (self._room <= 0 and not any(data.values())):
            return
        self._room = max(0, self._room - sum(map(len, data.values())))
        output: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            count = content.get("execution_count")
            output["execution_count"] = count if type(count) is int and 0 <= count < 10**6 else None
        self._append(output)

    def _add_error(self, content: dict[str, Any]) -> None:
        # Python names a cell by a temporary file; only the line means something to a reader.
        reason = re.sub(r"\(\d+\.py, line (\d+)\)", r"(line \1)", text(content.get("evalue"), 300))
        name = text(content.get("ename"), 100) or "Error"
        self.error = f"{name}: {reason}"
        lines = content.get("traceback")
        shown = [text(line, 5_000) for line in lines[-10:]] if isinstance(lines, list) else []
        shown = shown if sum(map(len, shown)) <= self._room else []
        self._room -= sum(map(len, shown))
        self._append({"output_type": "error", "ename": name, "evalue": reason, "traceback": shown})

    def _append(self, output: dict[str, Any]) -> None:
        if len(self.items) < MOST_OUTPUTS:
            self.items.append(NotebookNode(output))

    @staticmethod
    def _is_image(value: str) -> bool:
        return len(value) <= MOST_IMAGE_CHARS and _BASE64.fullmatch(value) is not None


def reply_text(content: dict[str, Any]) -> str | None:
    """The string that an expression gave: a literal, never evaluated, bounded in length."""
    found = part(part(part(content, "user_expressions"), "reply"), "data").get("text/plain")
    if not isinstance(found, str) or len(found) > 2 * MAX_REPLY_CHARS:
        return None
    try:
        value = ast.literal_eval(found)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, str) else None
