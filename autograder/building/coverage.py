"""Which exercise asks for which item of the course's sources: ``course/items.json`` → ``course/coverage.md``.

Each item has one home, the assignment that teaches, asks and grades it.  An exercise names its items in ``covers``; a
cell that a person grades, in ``COVERS`` of its assignment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from autograder.files.paths import Course, CourseError
from autograder.judging.declared import load_exercises

COVERED, MISSING, PLANNED, UNREADABLE = "asked for", "missing", "planned", "unreadable"
KINDS = ("derive", "compute", "implement", "experiment", "plot", "construct")


@dataclass(frozen=True)
class SourceItem:
    """Something that a source poses or solves.

    id:        the source and a number.
    statement: what is to be done, in one line.
    kinds:     some of ``KINDS``.
    home:      the assignment that asks for it.
    """

    id: str
    statement: str
    kinds: tuple[str, ...]
    home: str

    @property
    def source(self) -> str:
        return self.id.split("-")[0]


@dataclass(frozen=True)
class Coverage:
    """The items and where they are asked for.

    sources:    the name of each source.
    asked:      for each item, the (assignment, exercise) that cover it.
    unreadable: assignments whose exercises cannot be loaded (an author is at work on them).
    """

    sources: dict[str, str]
    items: tuple[SourceItem, ...]
    assignments: tuple[str, ...]
    asked: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    def status(self, item: SourceItem) -> str:
        """COVERED, MISSING, PLANNED (its home does not exist yet) or UNREADABLE (its home cannot be loaded)."""
        if any(assignment == item.home for assignment, _ in self.asked.get(item.id, [])):
            return COVERED
        if item.home in self.unreadable:
            return UNREADABLE
        return MISSING if item.home in self.assignments else PLANNED

    def problems(self) -> list[str]:
        """What an author must mend, one sentence each; empty when every existing assignment covers its items."""
        homes = {item.id: item.home for item in self.items}
        found = []
        for name, pairs in sorted(self.asked.items()):
            for assignment, exercise in pairs:
                where = f"{assignment}: the exercise {exercise} covers {name}"
                if name not in homes:
                    found.append(f"{where}, which is no item of course/items.json.")
                elif homes[name] != assignment:
                    found.append(f"{where}, whose home is {homes[name]}; here it is a recap, so take it out of covers.")
        for item in self.items:
            if self.status(item) == MISSING:
                found.append(f"{item.home}: no exercise covers {item.id} ({item.statement}).")
        return found

    def page(self) -> str:
        """The text of ``course/coverage.md``."""
        states = [COVERED, MISSING, PLANNED, *([UNREADABLE] if self.unreadable else [])]
        lines = [
            "# Coverage: each item of the sources and the exercise that asks for it",
            "",
            "Made by `python -m autograder build` from `course/items.json` and the exercises; do not edit.",
            "",
            "- asked for: an exercise, or a cell that a person grades, asks for it in its home assignment",
            "- missing: the home assignment exists, and nothing in it asks for the item",
            "- planned: the home assignment does not exist yet",
        ]
        if self.unreadable:
            lines.append(f"- unreadable: the exercises cannot be loaded at present: {', '.join(self.unreadable)}")
        lines += ["", *_table(["source", "name", "items", *states], self._counts(states))]
        homes = sorted({item.home for item in self.items})
        rows = [[f"`{home}`", *self._numbers([i for i in self.items if i.home == home], states)] for home in homes]
        lines += ["", *_table(["home", "items", *states], rows)]
        for source, name in self.sources.items():
            rows = [
                [item.id, item.statement, ", ".join(item.kinds), f"`{item.home}`", self._where(item)]
                for item in self.items
                if item.source == source
            ]
            lines += ["", f"## {source}: {name}", "", *_table(["item", "what", "kind", "home", "asked for by"], rows)]
        return "\n".join(lines) + "\n"

    def _counts(self, states: list[str]) -> list[list[str]]:
        rows = [
            [source, name, *self._numbers([i for i in self.items if i.source == source], states)]
            for source, name in self.sources.items()
        ]
        return [*rows, ["all", "", *self._numbers(list(self.items), states)]]

    def _numbers(self, items: list[SourceItem], states: list[str]) -> list[str]:
        return [str(len(items)), *(str(sum(self.status(i) == state for i in items)) for state in states)]

    def _where(self, item: SourceItem) -> str:
        state = self.status(item)
        if state != COVERED:
            return state
        names = [exercise for assignment, exercise in self.asked[item.id] if assignment == item.home]
        return ", ".join(f"`{name}`" for name in names)


def coverage(course: Course) -> Coverage:
    """What the exercises of all assignments cover; ``CourseError`` if ``course/items.json`` cannot be read."""
    sources, items = read_items(course)
    asked: dict[str, list[tuple[str, str]]] = {}
    unreadable = []
    for assignment_id in course.assignment_ids():
        try:
            covered = load_exercises(course, assignment_id).items()
        except CourseError:
            unreadable.append(assignment_id)
            continue
        for exercise_id, names in covered.items():
            for name in names:
                asked.setdefault(name, []).append((assignment_id, exercise_id))
    return Coverage(sources, items, tuple(course.assignment_ids()), asked, tuple(unreadable))


def coverage_page(course: Course) -> str:
    """The text of ``course/coverage.md``."""
    return coverage(course).page()


def read_items(course: Course) -> tuple[dict[str, str], tuple[SourceItem, ...]]:
    """The names of the sources and the items, in the file's order."""
    try:
        data = json.loads(course.items.read_text(encoding="utf-8"))
        sources = {str(name): str(text) for name, text in data["sources"].items()}
        items = tuple(
            SourceItem(str(i["id"]), str(i["what"]), tuple(i["kinds"]), str(i["home"])) for i in data["items"]
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(f"{course.items} cannot be read: {type(error).__name__}: {error}.") from error
    seen: set[str] = set()
    for item in items:
        unknown = set(item.kinds) - set(KINDS)
        if item.id in seen or item.source not in sources or unknown or not item.kinds:
            raise CourseError(f"{course.items}: {item.id} stands there twice, or has an unknown source or kind.")
        seen.add(item.id)
    return sources, items


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]


__all__ = ["Coverage", "SourceItem", "coverage", "coverage_page", "read_items"]
