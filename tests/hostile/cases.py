"""Hostile submissions as data: what each does, and what must come of it.

``notebooks/*.yaml`` holds code in solution cells; ``tampering.py`` changes to a notebook's cells and metadata, and
files that are no notebooks.  The exercises are those of ``tests/mini``; what an entry does not change is answered
right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EXERCISES = ("square", "square_slope", "root", "double_angle")

PRELUDE = '''
def reaches(path):
    """Whether something can be read there."""
    try:
        with open(path, "rb") as stream:
            return bool(stream.read(1))
    except Exception:
        return False


def writes(path):
    """Whether something can be written there."""
    try:
        with open(path, "ab") as stream:
            stream.write(b"planted")
        return True
    except Exception:
        return False


def lists(path):
    """Whether the folder shows what is in it."""
    import os

    try:
        return bool(os.listdir(path))
    except OSError:
        return False


def connects(host, port):
    """Whether somebody answers there."""
    import socket

    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


'''


@dataclass(frozen=True)
class Hostile:
    """A submission that means harm.

    name:      the student's id in the test.
    does:      what it tries, in a sentence.
    wanted:    for some exercises, the statuses that they may have.
    rest:      the statuses that all other exercises may have.
    diagnosis: for some exercises, the misconception that must be named all the same.
    says:      a piece of a verdict's message or of the record's problems.
    needs:     the promise of the sandbox that it tests: "files", "network", "processes", "disk"; or nothing.
    cells:     source of solution cells by exercise.
    change:    a change of the notebook.
    file:      what is handed in instead of a notebook: writes into the assignment's folder of the submission.
    """

    name: str
    does: str
    wanted: Mapping[str, tuple[str, ...]]
    rest: tuple[str, ...] = ("passed",)
    diagnosis: Mapping[str, str] = field(default_factory=dict)
    says: str = ""
    needs: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[Any], None] | None = None
    file: Callable[[Path], None] | None = None

    def allowed(self, exercise: str) -> tuple[str, ...]:
        """The statuses that an exercise may have."""
        return self.wanted.get(exercise, self.rest)


def several(value: str | list[str]) -> tuple[str, ...]:
    """One status or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def from_yaml(path: Path) -> list[Hostile]:
    """The entries of one file."""
    found = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        cells = {
            name: (PRELUDE if any(f"{word}(" in source for word in ("reaches", "writes", "lists", "connects")) else "")
            + source
            for name, source in entry.pop("cells").items()
        }
        wanted = {name: several(status) for name, status in entry.pop("wanted").items()}
        found.append(
            Hostile(**entry | {"cells": cells, "wanted": wanted, "rest": several(entry.get("rest", "passed"))})
        )
    return found


def code_cases() -> list[Hostile]:
    """All entries of ``notebooks/``."""
    return [case for path in sorted((Path(__file__).parent / "notebooks").glob("*.yaml")) for case in from_yaml(path)]
