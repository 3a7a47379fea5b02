"""What CONTRIBUTING.md tells an author to type works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.building.build import build, differences, made
from autograder.files.notebooks import find_cell
from autograder.files.paths import Course
from autograder.judging.reference import Reference

from ..judged import verdict_on

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_an_exercise_can_be_added_as_the_page_says(mini_course: Course) -> None:
    cells, exercise = blocks()[:2]
    folder = mini_course.assignments / "mini"
    notebook = folder / "notebook.py"
    notebook.write_text(notebook.read_text(encoding="utf-8") + "\n" + cells, encoding="utf-8")
    (folder / "exercises").mkdir()
    (folder / "exercises.py").rename(folder / "exercises" / "mini.py")
    (folder / "exercises" / "cube.py").write_text(exercise, encoding="utf-8")
    assert len(build(mini_course)) == 3
    assert differences(mini_course, made(mini_course, ["mini"])) == []

    reference = Reference(mini_course, "mini")
    assert "x**3" not in find_cell(reference.assignment.release, "cube").source
    key = reference.key("cube", 5)
    answers = {
        "passed": lambda x: x**3,
        "slope": lambda x: 3 * x**2,
    }
    verdicts = {name: verdict_on(key, lambda f=f: f) for name, f in answers.items()}
    assert verdicts["passed"].points == 1
    assert (verdicts["slope"].points, verdicts["slope"].diagnosis) == (0, "slope")


def test_the_commands_that_the_pages_name_exist() -> None:
    root = PAGE.parent
    pages = [PAGE, root / "README.md", root / "autograder" / "for_instructors.md", root / "course" / "for_students.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z-]+)", text):
        if target not in ("sure", "the", "of", "are", "what"):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
    cli = (root / "autograder" / "cli.py").read_text(encoding="utf-8")
    for verb in re.findall(r"-m autograder(?: --grading \w+)? ([a-z-]+)", text):
        assert f'verb("{verb}"' in cli, verb


def test_the_pictures_and_pages_that_the_readme_shows_exist() -> None:
    readme = (PAGE.parent / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", readme):
        assert (PAGE.parent / target).is_file(), target
