"""The course's papers are true: their code runs, their tables agree with the course."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.utils import is_grade

from autograder.building.coverage import coverage
from autograder.files.notebooks import grade_id

from .conftest import COURSE, reference

PAPERS = COURSE.root / "course"
COVERAGE = coverage(COURSE)


@dataclass(frozen=True)
class Part:
    """A piece of a paper under one heading, and the Python blocks in it."""

    heading: str
    text: str

    @property
    def blocks(self) -> list[str]:
        return re.findall(r"^```python\n(.*?)^```", self.text, flags=re.DOTALL | re.MULTILINE)


def split(text: str, level: int) -> list[Part]:
    """The parts under the headings of this level; code is no heading."""
    marked = re.split(rf"^{'#' * level} (?=[^#])(.*)$", mask_code(text), flags=re.MULTILINE)
    parts, place = [], len(marked[0])
    for heading, body in zip(marked[1::2], marked[2::2], strict=True):
        place += level + 1 + len(heading)
        parts.append(Part(heading, text[place : place + len(body)]))
        place += len(body)
    return parts


def mask_code(text: str) -> str:
    """The text with its code replaced by blanks of the same length."""
    return re.sub(r"^```.*?^```", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.DOTALL | re.MULTILINE)


def paper(name: str) -> str:
    return (PAPERS / name).read_text(encoding="utf-8")


def sections() -> list[tuple[str, Part]]:
    return [(name, part) for name in ("notation.md", "errata.md") for part in split(paper(name), 2) if part.blocks]


def entries() -> list[Part]:
    """Every error that has a block of its own."""
    return [e for section in split(paper("errata.md"), 2) for e in split(section.text, 3) if "`" in e.heading]


@pytest.mark.parametrize(("name", "part"), sections(), ids=lambda x: x.heading if isinstance(x, Part) else x)
def test_the_code_of_a_section_runs_with_numpy_alone(name: str, part: Part) -> None:
    names: dict[str, object] = {"__name__": "paper"}
    for block in part.blocks:
        tree = ast.parse(block)
        imported = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}
        assert imported <= {"import numpy as np"}
        exec(compile(tree, f"<{name}, {part.heading}>", "exec"), names)
    assert any("assert" in block for block in part.blocks)


@pytest.mark.parametrize("entry", entries(), ids=lambda e: e.heading.strip("`"))
def test_an_error_is_labelled_false_and_refuted_in_numbers(entry: Part) -> None:
    assert re.fullmatch(r"`[a-z0-9]+(-[a-z0-9]+)+`", entry.heading)
    marks = ["*Source:*", "**FALSE.**", "**Right.**", "**In numbers.**", "```python"]
    places = [entry.text.find(mark) for mark in marks]
    assert -1 not in places and places == sorted(places)
    asserted = [node for block in entry.blocks for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Assert)]
    names = {node.id for check in asserted for node in ast.walk(check) if isinstance(node, ast.Name)}
    assert any(name.startswith("false") for name in names), "the false statement is asserted to be false"
    assert any(name.startswith("right") for name in names), "the right one is asserted to be right"


def test_each_error_has_an_id_of_its_own_under_an_assignment_of_the_course() -> None:
    text = paper("errata.md")
    in_tables = re.findall(r"^\| `([a-z0-9-]+)` \|", text, flags=re.MULTILINE)
    ids = [entry.heading.strip("`") for entry in entries()] + in_tables
    assert len(ids) == len(set(ids))
    assert len(ids) >= 30
    homes = {item.home for item in COVERAGE.items}
    assert {section.heading for section in split(text, 2)} <= homes


def test_the_top_of_the_errata_says_how_false_statements_are_marked() -> None:
    top = paper("errata.md").split("\n## ")[0]
    assert "Every statement after the word FALSE is false." in top
    assert "Later assignments add theirs" in top


# --- items and coverage


def test_the_list_of_items_is_complete() -> None:
    counts = Counter(item.source for item in COVERAGE.items)
    assert counts == {"S000": 30, "S001": 10, "S002": 40, "S003": 14, "S004": 15}
    for source, count in counts.items():
        assert {item.id for item in COVERAGE.items if item.source == source} == {
            f"{source}-{number:02d}" for number in range(1, count + 1)
        }


def test_each_item_is_said_in_one_line_of_its_own() -> None:
    said = [item.statement for item in COVERAGE.items]
    assert len(said) == len(set(said))
    for text in said:
        assert 10 < len(text) < 110 and "|" not in text and "\n" not in text


def test_existing_assignments_cover_their_items_and_no_others() -> None:
    assert COVERAGE.unreadable == ()
    assert COVERAGE.problems() == []


def test_the_coverage_page_is_up_to_date() -> None:
    assert paper("coverage.md") == COVERAGE.page()


def test_links_between_papers_lead_somewhere() -> None:
    for name in ("notation.md", "errata.md", "syllabus.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", paper(name)):
            assert (PAPERS / target).exists(), f"{name}: {target}"


def test_the_papers_name_no_path_of_a_machine() -> None:
    for path in [*PAPERS.glob("*.md"), COURSE.items]:
        assert not re.search(r"(?<![\w.])/(home|work|tmp|root)/", Path(path).read_text(encoding="utf-8")), path.name


# --- the syllabus


def syllabus_section(assignment: str) -> Part:
    return next(part for part in split(paper("syllabus.md"), 2) if part.heading == assignment)


def graded(assignment: str) -> dict[str, float]:
    """Every graded cell of the notebook with its points; those in words too."""
    cells = [cell for cell in reference(assignment).assignment.source.cells if is_grade(cell)]
    return {grade_id(cell).removeprefix("test_"): cell.metadata.nbgrader.points for cell in cells}


def test_the_syllabus_gives_the_exercises_and_points_of_an_assignment(assignment: str) -> None:
    section = syllabus_section(assignment).text
    rows = re.findall(r"^\| `(\w+)`(?: \((?:in words|a derivation)\))? \| (\d+) \|$", section, flags=re.MULTILINE)
    assert {name: float(points) for name, points in rows} == graded(assignment)
    total = sum(graded(assignment).values())
    assert f"{total:g} points." in section if total else "nothing counts" in section


def test_the_syllabus_plans_the_minutes_that_the_notebook_plans(assignment: str) -> None:
    planned = re.search(r"Plan (\d+) minutes", syllabus_section(assignment).text)
    text = "\n".join(cell.source for cell in reference(assignment).assignment.release.cells)
    said = re.search(r"\*\*Time\.\*\*.*?(?:\n\n|\Z)", text, flags=re.DOTALL)
    assert planned and said
    assert f"{planned.group(1)} minutes" in said.group()


def test_an_assignment_that_exists_is_not_called_planned(assignment: str) -> None:
    rows = re.findall(rf"^\| .*`{assignment}`.*$", paper("syllabus.md"), flags=re.MULTILINE)
    assert len(rows) == 2
    assert all("exists" in row and "planned" not in row for row in rows)


def test_the_syllabus_names_every_home_of_an_item() -> None:
    assert all(f"`{item.home}`" in paper("syllabus.md") for item in COVERAGE.items)
