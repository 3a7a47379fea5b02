"""The command line of autograder, killed at a named place: ``python killing.py PLACE MARKER [argument ...]``.

The product knows nothing of this: functions are wrapped from outside, by the path under which they are found.  One
table names everything that is killed at, so that a function that moves is changed in one line.  Before the whole group
of processes is killed, the file MARKER is made, which tells a kill from any other end.
"""

from __future__ import annotations

import fnmatch
import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Place:
    """A moment of a run: before or after the ``count``-th call of a function in one process.

    target: the module and the name in it, such as ``autograder.grading.run:_GradingRun.finish``.
    about:  counted are only the calls with an argument that this pattern fits.
    """

    when: str
    target: str
    about: str = "*"
    count: int = 1


def before(target: str, about: str = "*", count: int = 1) -> Place:
    return Place("before", target, about, count)


def after(target: str, about: str = "*", count: int = 1) -> Place:
    return Place("after", target, about, count)


RENAME = "pathlib:Path.replace"
"""What puts a finished file in its place."""

RECORD, LOG, NOTEBOOK = "*/verdicts/*/*.json", "*/logs/*", "*/autograded/*.ipynb"

PLACES = {
    # the beginning
    "the lock is taken": after("autograder.grading.lock:_take"),
    "the scratch folder is not yet noted": before("autograder.grading.lock:_note"),
    "the scratch folder is noted": after("autograder.grading.lock:_note"),
    "the scratch folder is made": before("autograder.grading.run:clear_unfinished"),
    "the seeds are written": before(RENAME, "*/seeds.json"),
    "the seeds are there": after(RENAME, "*/seeds.json"),
    "what is forced is written": before(RENAME, "*/.forced.json"),
    "what is forced is there": after(RENAME, "*/.forced.json"),
    "the library is made": after("autograder.grading.work:make_library"),
    "the first server starts": before("autograder.kernels.warm:WarmServer._send_code"),
    "the second server starts": before("autograder.kernels.warm:WarmServer._send_code", count=2),
    "the first worker is there": after("autograder.grading.workers:_Worker.start"),
    # a worker
    "a worker begins a submission": before("autograder.grading.work:grade_submission"),
    "a kernel is there": before("autograder.grading.grade:_NotebookPass.all"),
    "a cell runs": before("autograder.kernels.kernel:StudentKernel._wait_idle", count=2),
    "a question is asked": before("autograder.kernels.kernel:StudentKernel._wait_reply", count=2),
    "a reply is there": after("autograder.kernels.kernel:StudentKernel.ask"),
    "a worker has graded": after("autograder.grading.work:grade_submission"),
    # a record
    "the first record is written": before(RENAME, RECORD),
    "the first record is there": after(RENAME, RECORD),
    "the third record is written": before(RENAME, RECORD, count=3),
    "the second record is there": after(RENAME, RECORD, count=2),
    "no log of the first record": before("autograder.grading.run:write_log"),
    "the log is written": before(RENAME, LOG),
    "the log is there": after("autograder.grading.run:write_log"),
    # the gradebook
    "the gradebook is made": before(RENAME, "*/gradebook.db"),
    "the gradebook is there": after(RENAME, "*/gradebook.db"),
    "the assignments are entered": after("autograder.gradebook.writer:register"),
    "the mark is taken away": after("autograder.gradebook.writer:_begin"),
    "nbgrader has written": after("autograder.gradebook.writer:run_steps"),
    "the notebook is written": before(RENAME, NOTEBOOK),
    "the notebook is there": after(RENAME, NOTEBOOK),
    "the gradebook is not committed": after("autograder.gradebook.writer:_end"),
    "the gradebook is committed": after("autograder.gradebook.writer:Writer.write"),
    "the second is not committed": after("autograder.gradebook.writer:_end", count=2),
    # the end
    "everything is recorded": before("autograder.grading.run:_GradingRun.finish"),
    "the lines are begun": after("autograder.grading.logs:read_record", count=2),
    "the lines are written": before(RENAME, "*/verdicts.jsonl"),
    "the lines are there": after(RENAME, "*/verdicts.jsonl"),
    "what was forced is done": before("autograder.grading.run:_GradingRun._clear_forced"),
    "what was forced is cleared": after("autograder.grading.run:_GradingRun._clear_forced"),
    "the libraries go": before("autograder.grading.run:forget"),
    "the table is shown": after("autograder.grading.run:_GradingRun.finish"),
}


def owner_of(target: str) -> tuple[Any, str]:
    """The module or class that holds a function, and the function's name in it."""
    module, _, path = target.partition(":")
    *within, name = path.split(".")
    owner = importlib.import_module(module)
    for part in within:
        owner = getattr(owner, part)
    getattr(owner, name)
    return owner, name


def kill_at(place: Place, kill: Callable[[], None]) -> None:
    """Wrap the function; workers that are forked later have it wrapped too, and count for themselves."""
    owner, name = owner_of(place.target)
    static = isinstance(vars(owner).get(name), staticmethod)
    function, seen = getattr(owner, name), 0

    @functools.wraps(function)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal seen
        mine = any(fnmatch.fnmatch(str(value), place.about) for value in (*arguments, *named.values(), ""))
        seen += mine
        reached = mine and seen == place.count
        if reached and place.when == "before":
            kill()
        result = function(*arguments, **named)
        if reached and place.when == "after":
            kill()
        return result

    setattr(owner, name, staticmethod(wrapped) if static else wrapped)


def main(name: str, marker: str, arguments: list[str]) -> int:
    group = os.getpgrp()
    assert group == os.getpid(), "it must lead a group of its own, since all of the group is killed"

    def kill() -> None:
        Path(marker).touch()
        os.killpg(group, signal.SIGKILL)
        signal.pause()

    from autograder.cli import main as command

    if name:
        kill_at(PLACES[name], kill)
    return command(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
