"""What a released notebook consists of, so that a student's copy can be told from it.

``visible/<assignment>.json`` lists each cell of the release that has a name (its ``grade_id``): what kind of cell it
is, what it is worth, and a digest of its text.  It holds no answer.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import re
from dataclasses import dataclass

SETUP, SOLUTION, TEST, MANUAL = "setup", "solution", "test", "manual"
LOCKED = (SETUP, TEST)
"""Kinds of cells that are not a student's to change; the grader runs the released text in any case."""

TEST_PREFIX = "test_"

_HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS$.*?^### END HIDDEN TESTS$\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class ReleasedCell:
    """A named cell of a release.

    kind:   SETUP, SOLUTION, TEST or MANUAL (answered in words and graded by a person).
    points: of a TEST or a MANUAL cell; 0 for practice.
    digest: of the released text, see ``digest``.
    """

    id: str
    kind: str
    points: float
    digest: str

    def is_released(self, source: str) -> bool:
        """Whether a text is the released one, or the instructor's, which has the hidden tests in it."""
        return self.digest in (digest(source), digest(_HIDDEN.sub("", source)))


@dataclass(frozen=True)
class Manifest:
    """The named cells of an assignment's release, in order, and the version of mlp_utils that it was built with."""

    assignment_id: str
    version: str
    cells: tuple[ReleasedCell, ...]

    def of_kind(self, *kinds: str) -> list[ReleasedCell]:
        return [cell for cell in self.cells if cell.kind in kinds]

    def cell(self, name: str) -> ReleasedCell | None:
        return next((cell for cell in self.cells if cell.id == name), None)

    @property
    def points(self) -> float:
        """What the whole assignment is worth; 0 where it is practice."""
        return sum(cell.points for cell in self.cells)


def digest(source: str) -> str:
    """A digest of a cell's text; ends of lines and blanks at the end of the text do not count."""
    text = source.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@functools.cache
def manifests() -> dict[str, Manifest]:
    """The manifest of every assignment that this version of mlp_utils knows, by assignment id."""
    found: dict[str, Manifest] = {}
    folder = importlib.resources.files("mlp_utils") / "visible"
    for entry in sorted(folder.iterdir() if folder.is_dir() else (), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            data = json.loads(entry.read_text(encoding="utf-8"))
            cells = tuple(ReleasedCell(c["id"], c["kind"], c["points"], c["digest"]) for c in data.get("cells", []))
            found[data["assignment"]] = Manifest(data["assignment"], data.get("version", ""), cells)
    return found


__all__ = ["LOCKED", "MANUAL", "SETUP", "SOLUTION", "TEST", "Manifest", "ReleasedCell", "digest", "manifests"]
