"""start.py where pip, Python and Jupyter have been told by others where to install and what to run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.handing_out.lab import lab_environment

from .conftest import ROOT
from .test_start import start

ASTRAY = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONWARNINGS",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_PYTHON",
    "PIP_REQUIRE_VIRTUALENV",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "JUPYTER_PATH",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_DATA_DIR",
    "JUPYTERLAB_DIR",
    "IPYTHONDIR",
    "JPY_SESSION_NAME",
)


@pytest.fixture
def place(tmp_path: Path) -> Any:
    """An unpacked folder whose wheel can be installed without any other package."""
    root = tmp_path / "my courses [ü] (1)"
    (root / "release").mkdir(parents=True)
    (root / "requirements.txt").touch()
    with zipfile.ZipFile(root / "mlp_utils-0.3.0-py3-none-any.whl", "w") as archive:
        about = "mlp_utils-0.3.0.dist-info"
        archive.writestr("mlp_utils/__init__.py", "")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: mlp-utils\nVersion: 0.3.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return start.Place(root)


def test_nothing_of_others_reaches_what_start_runs(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ASTRAY:
        monkeypatch.setenv(name, "elsewhere")
    for name in ("PIP_INDEX_URL", "PIP_CERT", "HTTPS_PROXY", "PYTHONIOENCODING"):
        monkeypatch.setenv(name, "of the school")
    for environment in (start.clean_environment(), start.notebook_environment(place)):
        assert "elsewhere" not in environment.values()
        assert list(environment.values()).count("of the school") == 4


@pytest.mark.slow
def test_pip_installs_into_the_environment_whatever_its_settings_say(
    place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "target"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "course"))  # where there is another mlp_utils
    places = f"target = {tmp_path / 'target'}\nprefix = {tmp_path / 'prefix'}\n"
    settings.write_text(f"[global]\nuser = true\n[install]\n{places}", encoding="utf-8")
    assert start.main(["--set-up-only"], place) == 0, capsys.readouterr().err
    code = "import mlp_utils; print(mlp_utils.__file__)"
    found = subprocess.check_output([place.python, "-I", "-c", code], encoding="utf-8")
    assert Path(found.strip()).is_relative_to(place.venv)
    assert {path.name for path in tmp_path.iterdir()} == {place.root.name, settings.name}

    # What start.py cannot overrule it notices.
    start.run([str(place.python), "-m", "pip", "uninstall", "--yes", "mlp_utils"])
    place.marker.unlink()
    settings.write_text(f"[install]\nroot = {tmp_path / 'root'}\n", encoding="utf-8")
    assert start.main(["--set-up-only"], place) == 1
    assert f"pip has put the packages elsewhere than into {place.venv};" in capsys.readouterr().err
    assert not place.marker.exists()


def foreign_kernel(folder: Path) -> None:
    """A kernel that somebody has installed under the name that notebooks ask for."""
    kernel = {"argv": ["/nowhere/python", "-f", "{connection_file}"], "display_name": "other", "language": "python"}
    (folder / "kernels" / "python3").mkdir(parents=True)
    (folder / "kernels" / "python3" / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")


@pytest.mark.parametrize("where", ["start.py", "make lab"])
def test_notebooks_run_with_the_kernel_of_the_environment(
    place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    for folder in ("cluster", "home/.local/share/jupyter", "home/Library/Jupyter"):
        foreign_kernel(tmp_path / folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "cluster"))
    environment = start.notebook_environment(place) if where == "start.py" else lab_environment(os.environ)
    code = (
        "from jupyter_client.kernelspec import KernelSpecManager\n"
        "spec = KernelSpecManager().get_kernel_spec('python3')\nprint(spec.argv[0])"
    )
    argv = subprocess.check_output([sys.executable, "-c", code], env=environment, encoding="utf-8").strip()
    assert Path(argv).name.startswith("python") and not argv.startswith("/nowhere")


def test_jupyter_writes_nothing_into_the_home(place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "no such home"))
    code = (
        "from jupyter_core import paths\nfrom IPython.paths import get_ipython_dir\n"
        "print(paths.jupyter_config_dir(), paths.jupyter_data_dir(), paths.jupyter_runtime_dir(), get_ipython_dir(), "
        "sep='\\n')"
    )
    environment = start.notebook_environment(place)
    found = subprocess.check_output([sys.executable, "-c", code], env=environment, encoding="utf-8").splitlines()
    assert len(found) == 4 and all(Path(path).is_relative_to(place.venv) for path in found), found


@pytest.mark.slow
def test_a_check_needs_no_home_and_takes_no_settings_from_one(tmp_path: Path) -> None:
    from mlp_utils.handing_in.ran import Ending

    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("from_home = 1", encoding="utf-8")
    home = tmp_path / "home"
    home.touch()  # a file: nothing can be written into it
    code = (
        "from pathlib import Path\nfrom mlp_utils.handing_in.run import Cell, run_all\n"
        "print([ran.state for ran in run_all([Cell(1, '', True, 'from_home'), Cell(2, '', True, '1')], Path('.'), 60)])"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "XDG"))}
    environment |= {"HOME": str(home), "IPYTHONDIR": str(tmp_path / "ipython"), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.stdout.strip() == str([Ending.ERROR, Ending.OK]), done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"ipython", "home"}  # its own folder is gone
