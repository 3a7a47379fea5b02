"""How a cell of a notebook ended, whoever ran it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """DIED: the Python process ended; NOT_RUN: it was left out."""

    OK = "ok"
    ERROR = "error"
    TIMED_OUT = "timed_out"
    DIED = "died"
    NOT_RUN = "not_run"


@dataclass(frozen=True)
class Ran:
    """How a cell ended, with the error in words where it did not end well."""

    state: Ending
    error: str = ""
