"""Rooms stand on floors: each folder says what it uses and which of its modules others may use; imports go down."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"autograder": ROOT / "autograder", "mlp_utils": ROOT / "course" / "mlp_utils"}

FLOORS = {
    "autograder.files": 0,
    "autograder.authoring": 0,
    "autograder.kernels.inside": 0,
    "autograder.judging": 1,
    "autograder.kernels": 1,
    "autograder.gradebook": 2,
    "autograder.building": 3,
    "autograder.grading": 3,
    "autograder.pages": 3,
    "autograder.handing_out": 4,
    "mlp_utils.derivations": 0,
    "mlp_utils.gradients": 0,
    "mlp_utils.networks": 0,
    "mlp_utils.handing_in": 0,
    "mlp_utils.assessing": 1,
    "mlp_utils.hints": 2,
    "mlp_utils.in_notebooks": 3,
    "mlp_utils.explorers.activation": 0,
    "mlp_utils.explorers.logits": 0,
    "mlp_utils.explorers.doctor": 0,
    "mlp_utils.explorers.backprop": 1,
    "mlp_utils.explorers": 2,
}
"""Each room and its floor: one above the highest room that it uses."""

GROUND = {
    "mlp_utils": ("messages", "plotting", "special", "status", "streams", "testbed", "version"),
    "mlp_utils.explorers": ("front_end", "text"),
}
"""Modules beside the rooms that every room below that folder may use, and that use no room."""

TOP = {"autograder": ("__main__", "cli", "inprocess", "quick_start"), "mlp_utils": ("__main__",)}
"""Modules beside the rooms that use any of them and are used by none."""


@cache
def modules() -> dict[str, Path]:
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            name = ".".join((package, *path.relative_to(folder).with_suffix("").parts))
            found[name.removesuffix(".__init__")] = path
    return found


@cache
def used() -> dict[str, set[str]]:
    """The modules that each module imports, wherever in it, from either package."""
    known, found = modules(), {}
    for name, path in known.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names if alias.name in known}
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
                full = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= {each if each in known else node.module for each in full}
    return found


def room_of(module: str) -> str:
    return module if modules()[module].name == "__init__.py" else module.rpartition(".")[0]


def outside(room: str) -> set[tuple[str, str]]:
    """What the modules of a room import from other rooms of its package: the room, and the module."""
    found = set()
    for module, names in used().items():
        if room_of(module) == room:
            found |= {(room_of(name), name) for name in names if name.split(".")[0] == room.split(".")[0]}
    return {(other, name) for other, name in found if other != room and not _on_the_ground(name)}


def _on_the_ground(module: str) -> bool:
    folder, _, name = module.rpartition(".")
    return name in GROUND.get(folder, ())


def said(room: str, what: str) -> list[str]:
    """What a room's docstring lists behind ``Uses:`` or ``Face:``."""
    text = ast.get_docstring(ast.parse(modules()[room].read_text(encoding="utf-8"))) or ""
    line = re.search(rf"^{what}: ([\w, ]+)", text, re.MULTILINE)
    return re.findall(r"\w+", line.group(1)) if line else []


def test_every_folder_of_both_packages_has_a_floor() -> None:
    folders = {name for name, path in modules().items() if path.name == "__init__.py"}
    assert folders - set(PACKAGES) == set(FLOORS)


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_says_what_it_does_in_a_sentence_and_what_it_uses(room: str) -> None:
    text = ast.get_docstring(ast.parse(modules()[room].read_text(encoding="utf-8"))) or ""
    assert re.match(r"[A-Zn][^\n]{20,115}\.(\n|\Z)", text), text
    if room == "mlp_utils.explorers":  # whose rooms it shows
        return
    wanted = {other.rpartition(".")[2] for other, _ in outside(room)}
    assert set(said(room, "Uses")) == wanted


@pytest.mark.parametrize("room", FLOORS)
def test_imports_go_down_only(room: str) -> None:
    below = [FLOORS[other] for other, _ in outside(room)]
    assert FLOORS[room] == max(below, default=-1) + 1, sorted(outside(room))


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_is_used_through_its_face(room: str) -> None:
    face = set(said(room, "Face"))
    asked = set()
    for module, names in used().items():
        if module not in PACKAGES and room_of(module) != room:
            asked |= {name.rpartition(".")[2] for name in names if room_of(name) == room and name != room}
    asked -= set(GROUND.get(room, ()))
    assert asked <= face, f"used from outside, and not in the face of {room}: {sorted(asked - face)}"
    assert all(f"{room}.{name}" in modules() for name in face & asked)


def test_there_is_no_circle_of_modules() -> None:
    graph = {name: names - {name} for name, names in used().items()}
    while free := {name for name, names in graph.items() if not names & set(graph)}:
        graph = {name: names for name, names in graph.items() if name not in free}
    assert graph == {}


def test_nothing_else_stands_beside_the_rooms() -> None:
    for package in PACKAGES:
        beside = {name.rpartition(".")[2] for name in modules() if room_of(name) == package and name != package}
        assert beside == {*GROUND.get(package, ()), *TOP[package]}
        for name in GROUND.get(package, ()):
            assert all(room_of(other) == package for other in used()[f"{package}.{name}"]), name


def test_notebooks_use_the_face_of_mlp_utils_alone() -> None:
    import mlp_utils

    for path in sorted((ROOT / "course" / "assignments").glob("*/notebook.py")):
        code = "\n".join(line for line in path.read_text(encoding="utf-8").split("\n") if not line.startswith("%"))
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mlp_utils":
                assert node.module == "mlp_utils", (path.parent.name, node.module)
                assert {alias.name for alias in node.names} <= {*mlp_utils.__all__, "testbed"}


def test_a_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for module, path in modules().items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
