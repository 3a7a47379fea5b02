"""The project's own files agree with each other."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import mlp_utils

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_conda_installs_what_pyproject_and_the_constraints_say() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert f"python{PYPROJECT['project']['requires-python']}" in text
    assert "--constraint constraints.txt" in text
    extras = re.search(r"--editable \.\[([\w,]+)\]", text)
    assert extras
    named = set(extras.group(1).split(","))
    assert named <= set(PYPROJECT["project"]["optional-dependencies"])
    assert f"-e '.[{extras.group(1)}]'" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_dependency_is_pinned_and_within_its_bounds() -> None:
    from packaging.requirements import Requirement
    from packaging.version import Version

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {}
    for line in lines:
        name, version = line.split("==")
        pinned[re.sub(r"[-_.]+", "-", name).lower()] = Version(version)
    extras = PYPROJECT["project"]["optional-dependencies"]
    wanted = [*PYPROJECT["project"]["dependencies"], *extras["instructor"], *extras["dev"]]
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pinned[requirement.name.lower()]), text


def test_constraints_name_no_address() -> None:
    for name in ("constraints.txt", "environment.yml", "pyproject.toml"):
        assert not re.search(r"https?:|file:|@", (ROOT / name).read_text(encoding="utf-8")), name


def test_versions_agree() -> None:
    assert mlp_utils.__version__ == PYPROJECT["project"]["version"]
    assert f"## {mlp_utils.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_student_data_is_never_committed() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    for name in done.stdout.splitlines():
        assert not name.startswith(("grading/", "demo/", "my_course/", ".venv/")), name


def test_every_machine_checks_out_the_same_bytes() -> None:
    """Digests are taken of files, so no checkout may have other ends of lines."""
    done = subprocess.run(["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    lines = [line.split("\t", 1) for line in done.stdout.splitlines()]
    assert lines
    for kinds, name in lines:
        assert "crlf" not in kinds and "mixed" not in kinds, name
        assert "eol=lf" in kinds or "attr/-text" in kinds, f"{name}: .gitattributes does not say how its lines end"
