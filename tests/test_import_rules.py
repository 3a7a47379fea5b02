"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STUDENTS = ROOT / "course" / "mlp_utils"
INSTRUCTORS = ROOT / "autograder"

LAZY = {
    "matplotlib": {"plotting.py"},
    "PIL": {"plotting.py"},
    "ipywidgets": {"explorers/front_end.py"},
    "scipy": set(),
    "sklearn": {"networks/datasets.py"},
    "mpmath": {"derivations/arithmetic.py"},
    "rich": set(),
    "tqdm": {"networks/progress.py"},
    "nbformat": {"handing_in/notebook_file.py"},
    "nbclient": set(),
    "jupyter_client": {"handing_in/run.py"},
    "jupyter_core": {"handing_in/run.py"},
    "IPython": {"messages.py", "explorers/front_end.py"},
}
"""Each library of the students' package and the one place that imports it (IPython is what shows things)."""


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            names |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return names


def roots(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def place(path: Path) -> str:
    return path.relative_to(INSTRUCTORS).as_posix()


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


@pytest.mark.parametrize("path", modules(STUDENTS), ids=lambda p: str(p.relative_to(STUDENTS)))
def test_the_students_package_loads_nothing_but_numpy(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | {"numpy", "mlp_utils", "__future__"}
    assert roots(imports(path, top_level_only=True)) <= allowed


@pytest.mark.parametrize("path", modules(STUDENTS), ids=lambda p: str(p.relative_to(STUDENTS)))
def test_each_other_library_has_one_module_that_imports_it(path: Path) -> None:
    here = str(path.relative_to(STUDENTS))
    for library in roots(imports(path)) & set(LAZY):
        assert here in LAZY[library], f"{library} is imported in {here}"


def test_the_students_package_never_imports_the_instructors() -> None:
    for path in modules(STUDENTS):
        assert not roots(imports(path)) & {"autograder", "tests", "nbgrader"}, path


def test_nothing_imports_the_tests() -> None:
    for path in [*modules(STUDENTS), *modules(INSTRUCTORS)]:
        assert "tests" not in roots(imports(path)), path


def test_only_the_kernels_modules_start_kernels() -> None:
    starters = {
        place(p) for p in modules(INSTRUCTORS) if roots(imports(p)) & {"jupyter_client", "nbclient", "ipykernel"}
    }
    assert starters == {"kernels/kernel.py", "kernels/provisioner.py", "kernels/inside/server.py"}


def test_what_runs_inside_the_sandbox_needs_nothing_of_the_instructors_package() -> None:
    from autograder.kernels.warm import MODULES

    inside = {f"autograder.kernels.inside.{name}" for name in MODULES} | {"autograder.kernels.inside"}
    for name in MODULES:
        found = imports(INSTRUCTORS / "kernels" / "inside" / f"{name}.py", top_level_only=True)
        assert {each for each in found if each.startswith("autograder.")} <= inside
        assert roots(found) <= set(sys.stdlib_module_names) | {"autograder", "__future__"}


def test_one_module_knows_dask_and_one_makes_processes() -> None:
    found = {place(p): roots(imports(p)) for p in modules(INSTRUCTORS)}
    assert {name for name, libraries in found.items() if libraries & {"dask", "distributed"}} == {
        "grading/scheduler.py"
    }
    assert {name for name, libraries in found.items() if "multiprocessing" in libraries} == {"grading/workers.py"}
    assert not roots(imports(INSTRUCTORS / "grading" / "scheduler.py", top_level_only=True)) & {"dask", "distributed"}


def test_nothing_that_travels_is_unpickled() -> None:
    for path in modules(INSTRUCTORS):
        assert not roots(imports(path)) & {"pickle", "cloudpickle", "marshal", "shelve", "dill"}, path


def test_one_module_writes_the_gradebook() -> None:
    parts = {f"gradebook/{name}.py" for name in ("writer", "database", "nbgrader_steps")}
    for path in modules(INSTRUCTORS):
        text = path.read_text(encoding="utf-8")
        assert place(path) in parts or ("commit(" not in text and "update_or_create" not in text), path
        used = {
            name.rpartition(".")[2] for name in imports(path) if name.startswith("autograder.gradebook.nbgrader_steps")
        }
        assert not used or place(path) == "gradebook/writer.py", path
    writers = {place(p) for p in modules(INSTRUCTORS) if "nbgrader.preprocessors.SaveAutoGrades" in imports(p)}
    assert writers == {"gradebook/nbgrader_steps.py"}


def test_assignments_are_data_to_the_autograder() -> None:
    for path in modules(INSTRUCTORS):
        assert not any("assignments" in name for name in imports(path)), path


def test_importing_mlp_utils_leaves_the_large_libraries_alone() -> None:
    large = ("matplotlib", "scipy", "ipywidgets", "IPython", "sklearn", "tqdm", "mlp_utils.in_notebooks.checks")
    code = f"import sys, mlp_utils; print([m for m in {large} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_is_much_longer_than_400_lines() -> None:
    long = {
        str(p): n
        for p in [*modules(STUDENTS), *modules(INSTRUCTORS)]
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 460
    }
    assert long == {}


def test_no_file_of_tests_has_more_than_500_lines() -> None:
    long = {str(p): n for p in modules(ROOT / "tests") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 500}
    assert long == {}
