"""Wait for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0
"""Seconds after which a test gives up; on no machine does anything take so long."""


def until(condition: Callable[[], object], what: str = "what was waited for") -> None:
    """Return as soon as the condition holds; fail if it never does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what} has not come about"
        time.sleep(0.02)
