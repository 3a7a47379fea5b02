"""What a run leaves for people and programs: a log of each submission, and all verdicts as lines of JSON.

Both are made from the records and can be made again at any time.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically, writing
from autograder.judging.verdict import Record, read_record


def write_log(course: Course, record: Record) -> None:
    """``logs/<student>/<assignment>.log``: what ran, how long it took, how each exercise ended."""
    text = "\n".join(_log(record)) + "\n"
    write_atomically(course.log(record.student_id, record.assignment_id), text.encode("utf-8", "replace"))


def write_lines(course: Course) -> list[str]:
    """Write ``verdicts.jsonl`` from all records there are; return which are damaged, in sentences."""
    damaged: list[str] = []
    with writing(course.verdict_lines) as stream:
        for record in _records(course, damaged):
            for verdict in record.verdicts:
                line = json.dumps(dataclasses.asdict(verdict), sort_keys=True, ensure_ascii=False, allow_nan=False)
                stream.write(line.encode() + b"\n")
    return damaged


def _records(course: Course, damaged: list[str]) -> Iterator[Record]:
    for path in sorted(course.verdicts.glob("*/*.json")):
        try:
            record = read_record(path)
        except CourseError as error:
            damaged.append(str(error))
        else:
            if record is not None:
                yield record


def _log(record: Record) -> Iterator[str]:
    """No answers and no text of the notebook: what ran, and what was decided."""
    versions = record.verdicts[0].versions if record.verdicts else {}
    yield f"{record.student_id}/{record.assignment_id}, graded in {record.seconds:g} s"
    yield f"hash    {record.graded_hash}"
    yield f"seed    {record.verdicts[0].seed if record.verdicts else '-'}"
    yield f"with    {', '.join(f'{name} {version}' for name, version in sorted(versions.items()))}"
    yield ""
    for problem in record.problems:
        yield f"note    {_line(problem)}"
    for item in record.timeline:
        ended = f"{item['state']}{': ' if item['error'] else ''}{_line(item['error'])}"
        yield f"{item['did']:8}{item['cell']:32}{item['seconds']:9.3f} s  {ended}"
    yield ""
    for verdict in record.verdicts:
        points = f"{verdict.points:g}/{verdict.max_points:g}"
        yield f"{verdict.status:14}{verdict.exercise_id:32}{points:>9}  {verdict.diagnosis}".rstrip()
    restarts = sum(item["did"] == "restart" for item in record.timeline)
    yield f"{restarts} restart(s), {record.points:g} of {record.max_points:g} points"


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in str(text))
