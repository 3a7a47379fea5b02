"""A real JupyterLab and a real browser, for tests that click and type.

Fixtures for tests:

    open_lab(notebook, **options)   copy a notebook into a fresh folder, open it in JupyterLab, return the page
    run_all(page)                   run all cells and wait until the kernel is idle
    write_notebook(*cells)          make a notebook of code cells, return its path
    lab_servers(root, **options)    start a server of one's own (other folder, environment, options)
    artifacts                       folder for screenshots: $BROWSER_ARTIFACTS, or a temporary one

Nothing of the machine's own Jupyter set-up is read or written: configuration, data, runtime files and
settings lie in temporary folders. Set CHROMIUM to use another browser than /usr/bin/chromium.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 90.0
"""Seconds to wait for a server, a kernel or a cell: generous, because test machines are slow."""

# What a person would click away at the first start, what would ask the network, and cells that are left out of
# the page while they are out of sight.
LAB_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


@dataclass(frozen=True)
class LabServer:
    """A running server: address with a final slash, token, and the folder that it serves."""

    url: str
    token: str
    root: Path

    def lab_url(self, path: str = "") -> str:
        """The address that opens a file in JupyterLab, in a workspace without memories."""
        where = f"lab/tree/{quote(path)}" if path else "lab"
        return f"{self.url}{where}?reset&token={self.token}"

    def request(self, path: str, method: str = "GET") -> Any:
        """Ask the server's REST interface; the decoded JSON, or None if there is no body."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def stop_kernels(self) -> None:
        """Shut all kernels down, so that the next test has the machine to itself."""
        for kernel in self.request("api/kernels"):
            self.request(f"api/kernels/{kernel['id']}", method="DELETE")


def _private_environment(private: Path) -> dict[str, str]:
    """The environment of a server that knows nothing of this machine's Jupyter."""
    folders = {
        name: private / name.lower()
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        )
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    for plugin, values in LAB_SETTINGS.items():
        file = folders["JUPYTERLAB_SETTINGS_DIR"] / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))}
    # Kernels must find the students' package also where it is not installed.
    path = os.pathsep.join(filter(None, [str(PROJECT / "course"), inherited.get("PYTHONPATH")]))
    return inherited | {name: str(folder) for name, folder in folders.items()} | {"PYTHONPATH": path}


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running_lab(
    root: Path, private: Path, *, env: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> Iterator[LabServer]:
    """Run JupyterLab on the folder ``root`` until the ``with`` block ends.

    private: a folder for its configuration, settings and log (``server.log``).
    env:     added to the environment of the server and its kernels.
    options: added to the command line, e.g. ``["--config=nbgrader_config.py"]``.
    """
    token = secrets.token_hex(16)
    # The token goes through the environment: a command line can be read by everybody on the machine.
    environment = _private_environment(private) | {"JUPYTER_TOKEN": token} | dict(env or {})
    command = [
        sys.executable,
        *("-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",  # the system chooses a free one; no race between tests
        f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
        *options,
    ]
    log = private / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        url = _address(process, Path(environment["JUPYTER_RUNTIME_DIR"]), log)
        yield LabServer(url, token, root)
    finally:
        _stop(process)


def _address(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Wait until the server answers; its address, from the file that it writes for other programs."""
    deadline = time.monotonic() + PATIENCE
    file = runtime / f"jpserver-{process.pid}.json"
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and (text := file.read_text(encoding="utf-8")).endswith("}"):
            url: str = json.loads(text)["url"]
            try:
                urllib.request.urlopen(url + "api", timeout=5).close()
            except OSError:
                pass
            else:
                return url
        time.sleep(0.1)
    pytest.fail(
        f"JupyterLab did not start. Its log ends with:\n{log.read_text(encoding='utf-8')[-3000:]}", pytrace=False
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once for all tests."""
    if not CHROMIUM.exists():
        pytest.fail(
            f"There is no browser at {CHROMIUM}: install Chromium (Debian, Ubuntu: apt install chromium), "
            "or set CHROMIUM to the path of one.",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(CHROMIUM_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for screenshots."""
    given = os.environ.get("BROWSER_ARTIFACTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("browser-artifacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def lab_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., LabServer]]:
    """Start servers with options of one's own; all are stopped at the end."""
    with ExitStack() as stack:

        def start(root: Path, **how: Any) -> LabServer:
            private = tmp_path_factory.mktemp("jupyter")
            return stack.enter_context(running_lab(root, private, **how))

        yield start


@pytest.fixture(scope="session")
def lab_server(lab_servers: Callable[..., LabServer], tmp_path_factory: pytest.TempPathFactory) -> LabServer:
    """One server for all tests that need nothing special."""
    return lab_servers(tmp_path_factory.mktemp("lab-root"))


@pytest.fixture
def write_notebook(tmp_path: Path) -> Callable[..., Path]:
    """``write_notebook(*cells, name="notebook.ipynb")``: a notebook of code cells, as a file."""

    def write(*cells: str, name: str = "notebook.ipynb") -> Path:
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{n}",
                    "metadata": {},
                    "outputs": [],
                    "source": source,
                }
                for n, source in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def open_lab(browser: Browser, request: pytest.FixtureRequest, artifacts: Path) -> Iterator[Callable[..., Page]]:
    """``open_lab(notebook, server=None, width=1280, height=1100)`` -> the page, with a connected kernel.

    The notebook is copied, so that the original stays as it is. Pages and kernels are closed after the
    test; of a page that is still open when a test fails, a screenshot is kept.
    """
    pages: list[Page] = []
    servers: list[LabServer] = []

    def open_(notebook: Path, server: LabServer | None = None, *, width: int = 1280, height: int = 1100) -> Page:
        server = server or request.getfixturevalue("lab_server")
        servers.append(server)
        folder = server.root / f"work-{secrets.token_hex(4)}"
        folder.mkdir()
        shutil.copy(notebook, folder / notebook.name)
        page = browser.new_page(viewport={"width": width, "height": height})
        pages.append(page)
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(server.lab_url(f"{folder.name}/{notebook.name}"))
        _wait_for_kernel(page)
        return page

    failed_before = request.session.testsfailed
    yield open_
    for number, page in enumerate(pages):
        if request.session.testsfailed > failed_before:
            page.screenshot(path=artifacts / f"failed-{request.node.name}-{number}.png")
        page.close()
    for server in servers:
        server.stop_kernels()


_KERNEL = """() => {
    const widget = window.jupyterapp?.shell?.currentWidget;
    return widget?.context?.isReady ? widget.sessionContext?.session?.kernel : undefined;
}"""


def _wait_for_kernel(page: Page) -> None:
    """Wait until the notebook is loaded and its kernel has answered."""
    page.wait_for_function(f"() => ({_KERNEL})()?.connectionStatus === 'connected'")
    page.wait_for_function(f"() => ({_KERNEL})()?.status === 'idle'")


@pytest.fixture(scope="session")
def run_all() -> Callable[[Page], None]:
    """``run_all(page)``: run all cells of the open notebook and wait until they are done."""

    def run(page: Page) -> None:
        # The command's promise is kept when the last cell has been executed.
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(f"() => ({_KERNEL})()?.status === 'idle'")

    return run
