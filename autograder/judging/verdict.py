"""Verdicts and records: what was decided, and about which bytes.

A ``Verdict`` is the decision on one exercise of one submission; a ``Record`` holds all verdicts of a submission, the
hash of what was graded, and the executed notebook.  Records are the truth; gradebook, feedback and report are made
from them.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mlp_utils.derivations.show import Line, LineTable
from mlp_utils.messages import Message
from mlp_utils.status import VERDICTS, Status

from autograder.files.paths import CourseError

NEEDS_A_PERSON = (Status.CRASHED, Status.TIMED_OUT, Status.INVALID)
"""No wrong answer has been seen, so a person looks before the zero counts."""

FORMAT = 1


@dataclass(frozen=True)
class Verdict:
    """The decision on one exercise.

    status:    one of ``VERDICTS``.
    points:    between 0 and max_points.
    diagnosis: the id of a misconception or of a generic pattern; empty if none was recognised.
    message:   what the student reads.
    detail:    what staff may see besides: case, problem, worst entries, error, parts.
    seed:      of the hidden cases, so that a complaint can be answered.
    versions:  of Python, NumPy and this package.
    """

    student_id: str
    assignment_id: str
    exercise_id: str
    status: Status
    points: float
    max_points: float
    diagnosis: str = ""
    message: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def needs_person(self) -> bool:
        """No wrong answer has been seen, or not all of it could be judged (a derivation by a way of its own)."""
        return bool(self.detail.get("asks")) or self.status in NEEDS_A_PERSON


@dataclass(frozen=True)
class Record:
    """All that grading one submission has found.

    graded_hash: of the submission's bytes, the instructor's notebook, the exercises and the seed.
    problems:    what was odd about the submission, in sentences: a renamed file, a deleted cell.
    notebook:    the executed notebook in nbformat's JSON.
    timeline:    what ran, in order: the cell, what was done with it, how it ended and how many seconds that took.
    """

    student_id: str
    assignment_id: str
    graded_hash: str
    verdicts: tuple[Verdict, ...]
    problems: tuple[str, ...] = ()
    seconds: float = 0.0
    notebook: dict[str, Any] = field(default_factory=dict)
    timeline: tuple[dict[str, Any], ...] = ()

    def to_bytes(self) -> bytes:
        """The record as JSON, the same bytes for the same record; in one line, which is written ten times as fast."""
        return self._bytes

    @functools.cached_property
    def _bytes(self) -> bytes:
        data = {part.name: getattr(self, part.name) for part in fields(self)}
        data |= {"format": FORMAT, "verdicts": [vars(verdict) for verdict in self.verdicts]}
        return json.dumps(_clean(data), sort_keys=True, ensure_ascii=False, allow_nan=False).encode()

    @staticmethod
    def from_bytes(content: bytes, where: str = "the record") -> Record:
        """Read and check a record; ``CourseError`` if it is not one."""
        from jsonschema import ValidationError

        try:
            data = json.loads(content)
            _validator().validate(data)
        except (ValueError, ValidationError) as error:
            reason = str(error).splitlines()[0]
            raise CourseError(f"{where} is not a complete record ({reason}); grade this submission again.") from error
        del data["format"]
        data["verdicts"] = tuple(
            Verdict(**verdict | {"status": Status(verdict["status"])}) for verdict in data["verdicts"]
        )
        data["problems"] = tuple(data["problems"])
        data["timeline"] = tuple(data.get("timeline", ()))
        return Record(**data)

    def without_notebook(self) -> Record:
        """What a table needs: a class of thousands fits into memory."""
        return replace(self, notebook={}, timeline=())

    @property
    def points(self) -> float:
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def max_points(self) -> float:
        return sum(verdict.max_points for verdict in self.verdicts)


def message_of(verdict: Verdict, title: str) -> Message:
    """A verdict as the message that a notebook, formgrader or a feedback page shows."""
    footer = "A person will look at this." if verdict.needs_person else ""
    table = table_of(verdict)
    return Message(
        title, verdict.status, verdict.points, verdict.max_points, verdict.message, table=table, footer=footer
    )


def table_of(verdict: Verdict) -> LineTable | None:
    """The lines of a derivation as they were judged; None for other exercises."""
    lines = verdict.detail.get("lines")
    return LineTable(tuple(Line(**line) for line in lines)) if lines else None


VERDICT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": [item.name for item in dataclasses.fields(Verdict)],
    "properties": {
        "student_id": {"type": "string", "minLength": 1},
        "assignment_id": {"type": "string", "minLength": 1},
        "exercise_id": {"type": "string", "minLength": 1},
        "status": {"enum": [str(status) for status in VERDICTS]},
        "points": {"type": "number", "minimum": 0},
        "max_points": {"type": "number", "minimum": 0},
        "diagnosis": {"type": "string"},
        "message": {"type": "string"},
        "detail": {"type": "object"},
        "seed": {"type": "integer"},
        "versions": {"type": "object"},
    },
}

RECORD_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["format", *[item.name for item in dataclasses.fields(Record) if item.name != "timeline"]],
    "properties": {
        "format": {"const": FORMAT},
        "student_id": {"type": "string", "minLength": 1},
        "assignment_id": {"type": "string", "minLength": 1},
        "graded_hash": {"type": "string", "minLength": 1},
        "verdicts": {"type": "array", "items": VERDICT_SCHEMA},
        "problems": {"type": "array", "items": {"type": "string"}},
        "seconds": {"type": "number"},
        "notebook": {"type": "object"},
        "timeline": {"type": "array", "items": {"type": "object"}},
    },
}


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(RECORD_SCHEMA)


def _clean(value: Any) -> Any:
    """The value without what JSON or UTF-8 cannot hold: NaN becomes null, half a character a replacement mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def fingerprint(content: bytes) -> str:
    """What identifies a record: its bytes."""
    return hashlib.sha256(content).hexdigest()


def read_record(path: Path) -> Record | None:
    """The record in that file, or None if there is none; ``CourseError`` if it is damaged or another's."""
    if not path.is_file():
        return None
    record = Record.from_bytes(path.read_bytes(), str(path))
    if (record.student_id, record.assignment_id) != (path.parent.name, path.stem):
        raise CourseError(
            f"{path} is the record of {record.student_id}/{record.assignment_id}; grade this submission again."
        )
    return record
