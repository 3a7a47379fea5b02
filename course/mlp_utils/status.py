"""How an exercise, an answer or a submission stands: one set of statuses, each with a symbol and words.

Nothing is told by colour alone: every status has a symbol and words.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The first seven are a verdict's (``VERDICTS``); the others come from people, from files, or from a check."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    INVALID = "invalid"

    UNREADABLE = "unreadable"
    WAITING = "waiting"
    GRADED = "graded"
    IN_WORDS = "in_words"
    NOT_GRADED = "not_graded"
    NOT_HANDED_IN = "not_handed_in"
    DAMAGED = "damaged"

    DELETED = "deleted"
    UNCHECKED = "unchecked"


VERDICTS = tuple(Status)[:7]
"""What the judge, and a check in a notebook, can say of an exercise."""

SYMBOLS = {
    Status.PASSED: "✔",
    Status.PARTIAL: "◐",
    Status.FAILED: "✘",
    Status.NOT_ATTEMPTED: "○",
    Status.CRASHED: "⚠",
    Status.TIMED_OUT: "◔",
    Status.INVALID: "⊘",
    Status.UNREADABLE: "⊘",
    Status.WAITING: "…",
    Status.GRADED: "✎",
    Status.IN_WORDS: "¶",
    Status.NOT_GRADED: "…",
    Status.NOT_HANDED_IN: "–",
    Status.DAMAGED: "⚠",
    Status.DELETED: "–",
    Status.UNCHECKED: "?",
}

WORDS = {
    Status.PASSED: "passed",
    Status.PARTIAL: "partly right",
    Status.FAILED: "not yet right",
    Status.NOT_ATTEMPTED: "not attempted yet",
    Status.CRASHED: "stopped with an error",
    Status.TIMED_OUT: "took too long",
    Status.INVALID: "could not be read",
    Status.UNREADABLE: "file could not be read",
    Status.WAITING: "waits to be graded",
    Status.GRADED: "graded by a person",
    Status.IN_WORDS: "answer in words",
    Status.NOT_GRADED: "not graded yet",
    Status.NOT_HANDED_IN: "not handed in",
    Status.DAMAGED: "record damaged",
    Status.DELETED: "its cell was deleted",
    Status.UNCHECKED: "not checked",
}
"""In the order in which tables show them."""

COLOURS = dict.fromkeys(Status, "#777777") | {
    Status.PASSED: "#009E73",
    Status.PARTIAL: "#0072B2",
    Status.FAILED: "#D55E00",
    Status.CRASHED: "#CC79A7",
    Status.TIMED_OUT: "#CC79A7",
    Status.INVALID: "#CC79A7",
}
"""Okabe and Ito's colours, which people with the common kinds of colour blindness can tell apart."""
