"""Set the course up and open it:  python start.py

Needs Python 3.11 or newer and, the first time, the network.  Everything stays in the folder of this file:

    .venv/        Python packages for the course
    my_course/    your notebooks; a file that is there is never overwritten
    release/      the notebooks as they were handed out

Each run does what is still missing, so a set-up that was interrupted is finished by running it again.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - students run this with whatever Python they have
    found = "{}.{}".format(*sys.version_info[:2])
    sys.exit("start.py: Python 3.11 or newer is needed, and this is " + found + "; install one from python.org.")

HERE = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"


class Problem(Exception):
    """Something that a person can mend; the message is one sentence: what, where, what to do."""


class Place:
    """The folder with this file, and what lies in it."""

    def __init__(self, root: Path = HERE) -> None:
        self.root = root
        self.release = root / "release"
        self.mine = root / "my_course"
        self.requirements = root / "requirements.txt"
        self.venv = root / ".venv"
        self.python = self.venv / ("Scripts/python.exe" if WINDOWS else "bin/python")
        self.marker = self.venv / "course-is-ready.txt"
        self.log = self.venv / "set-up.log"

    @property
    def wheel(self) -> Path:
        """The package ``mlp_utils`` that was handed out with the notebooks."""
        found = sorted(self.root.glob("mlp_utils-*.whl"), key=lambda path: version(path.name))
        if not found or not self.requirements.is_file() or not self.release.is_dir():
            raise Problem(f"Files are missing in {self.root}; unpack the whole zip file, then run start.py there.")
        return found[-1]  # an older one is left when a newer zip file has been unpacked over it

    def wanted(self) -> str:
        """A digest of what is to be installed; the marker holds it once it is."""
        digest = hashlib.sha256(self.wheel.read_bytes())
        digest.update(self.requirements.read_bytes())
        return digest.hexdigest()


def version(name: str) -> "list[int]":
    """The numbers in the name of a wheel: [0, 3, 0] of mlp_utils-0.3.0-py3-none-any.whl."""
    return [int(number) for number in re.findall(r"\d+", name.split("-")[1])]


def main(arguments: "list[str] | None" = None, place: "Place | None" = None) -> int:
    """Run the script and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a sign shows a question mark instead of stopping the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(prog="start.py", description="Set the course up and open it in JupyterLab.")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--set-up-only", action="store_true", help="install and copy what is missing, then stop")
    group.add_argument("--no-browser", action="store_true", help="start JupyterLab and print its address only")
    group.add_argument(
        "--check", metavar="NOTEBOOK", help="check a notebook before you hand it in: a file, or an assignment's name"
    )
    options = parser.parse_args(arguments)
    place = place or Place()
    try:
        set_up(place)
        if options.check:
            return check(place, options.check)
        report_copies(place)
        return 0 if options.set_up_only else open_lab(place, browser=not options.no_browser)
    except Problem as problem:
        print(f"start.py: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"start.py: {explain_os_error(error, place)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run start.py again to go on.", file=sys.stderr)
        return 130


# --- packages ----------------------------------------------------------------------------------------------------


def set_up(place: Place) -> bool:
    """Install what is not installed yet; whether anything had to be done.  Needs no network if nothing has to."""
    wanted = place.wanted()
    if is_ready(place, wanted):
        return False
    print(f"Setting the course up in {place.venv} (once; a minute or two, and the network is needed) ...", flush=True)
    place.marker.unlink(missing_ok=True)
    if not works(place):
        make_venv(place)
    for what, *packages in (
        ("packages", "-r", str(place.requirements)),
        # The same version may have been handed out again with other content.
        (place.wheel.name, "--no-index", "--no-deps", "--force-reinstall", str(place.wheel)),
    ):
        print(f"  installing {what}", flush=True)
        install(place, packages)
    require_installed(place)
    place.marker.write_text(wanted, encoding="utf-8")
    print("The course is set up.", flush=True)
    return True


def is_ready(place: Place, wanted: str) -> bool:
    """Whether all that is wanted was installed, and the Python of ``.venv`` still runs."""
    try:
        return place.marker.read_text(encoding="utf-8") == wanted and works(place)
    except (OSError, UnicodeDecodeError):
        return False


def works(place: Place) -> bool:
    """Whether ``.venv`` has a Python that is new enough and has pip."""
    if not place.python.exists():
        return False
    code = "import sys, pip; sys.exit(0 if sys.version_info >= (3, 11) and sys.prefix != sys.base_prefix else 1)"
    try:
        return run([str(place.python), "-c", code], seconds=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def make_venv(place: Place) -> None:
    """A fresh ``.venv``; one that was made by halves is removed first, anything else is left alone."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Problem(
            f"This Python lacks its module {missing[0]}; on Debian and Ubuntu run `sudo apt install python3-venv`, "
            "elsewhere install Python from python.org."
        )
    if not WINDOWS and os.pathsep in str(place.root):
        raise Problem(f"The folder {place.root} has a {os.pathsep!r} in its path, which Python cannot use; rename it.")
    if place.venv.is_symlink() or place.venv.is_file():
        raise Problem(f"{place.venv} is not a folder; rename or delete it.")
    if place.venv.is_dir():
        if not (place.venv / "pyvenv.cfg").is_file() and any(path.is_file() for path in place.venv.rglob("*")):
            raise Problem(f"{place.venv} holds files that start.py has not made; rename or delete that folder.")
        print("  removing a .venv that does not work", flush=True)
        shutil.rmtree(place.venv)
    done = run([sys.executable, "-m", "venv", str(place.venv)])
    if done.returncode != 0 or not works(place):
        if "ensurepip" in done.stdout:
            raise Problem(
                "This Python cannot make virtual environments because ensurepip does not work; on Debian and Ubuntu "
                "run `sudo apt install python3-venv`, elsewhere install Python from python.org."
            )
        raise Problem(f"Python could not make {place.venv} ({last_line(done.stdout)}); {path_advice(place)}")


def install(place: Place, packages: "list[str]") -> None:
    """Install packages with pip; a failure becomes a sentence, and the whole output stays in ``set-up.log``."""
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    # A file of pip's settings may say user, target or prefix, and lead the packages out of .venv.
    here = ["--no-user", "--target=", "--prefix", str(place.venv)]
    done = run([str(place.python), "-m", "pip", "install", *options, *here, *packages])
    with place.log.open("a", encoding="utf-8", errors="replace") as log:
        log.write(done.stdout)
    if done.returncode != 0:
        raise Problem(explain_pip(done.stdout, place))


def require_installed(place: Place) -> None:
    """Raise ``Problem`` if pip has put the packages elsewhere than into ``.venv``."""
    code = (
        "import sys; from importlib.util import find_spec; from pathlib import Path; spec = find_spec('mlp_utils');"
        "sys.exit(not spec or Path(sys.prefix).resolve() not in Path(spec.origin).resolve().parents)"
    )
    if run([str(place.python), "-c", code], seconds=60).returncode != 0:
        raise Problem(
            f"pip has put the packages elsewhere than into {place.venv}; look at what `pip config debug` lists, take "
            "out what says where to install, and run start.py again."
        )


NO_NETWORK = re.compile(
    "NewConnectionError|NameResolutionError|getaddrinfo|Temporary failure in name resolution|Name or service not known"
    "|Network is unreachable|Connection refused|ConnectTimeout|ReadTimeout|Read timed out|ProxyError"
    "|Cannot connect to proxy|Failed to establish a new connection|RemoteDisconnected|Connection aborted"
)


def explain_pip(output: str, place: Place) -> str:
    """What pip's output means, in one sentence."""
    if re.search("No space left on device|not enough space on the disk|Errno 28", output):
        return f"The disk with {place.root} is full; make about 1 GB of room and run start.py again."
    if "CERTIFICATE_VERIFY_FAILED" in output:
        return (
            "A secure connection to the package index was refused (certificate); on macOS run 'Install "
            "Certificates.command' in Python's folder, in a company's or school's network ask its help desk."
        )
    if NO_NETWORK.search(output):
        return "The package index cannot be reached; connect to the network and run start.py again."
    if re.search(r"WinError 206|WinError 3\]|File name too long|filename or extension is too long", output) or (
        WINDOWS and len(str(place.root)) > 80 and "No such file or directory" in output
    ):
        return f"The path {place.root} is too long; move the folder to a shorter one, such as C:\\mlp-course."
    if re.search(r"WinError 5\]|WinError 32\]|Permission denied|Errno 13", output):
        return f"A file in {place.venv} is in use or protected; close JupyterLab and run start.py again."
    missing = re.search("No matching distribution found for ([^ \n]+)", output)
    if missing and "from versions: none" in output:
        return (
            f"The package index cannot be reached or has nothing called {missing[1]}; connect to the network and run "
            "start.py again."
        )
    if missing:
        return (
            f"The package index has no {missing[1]} for Python {sys.version_info[0]}.{sys.version_info[1]} on this "
            "machine; try another version of Python (3.11 to 3.13), or ask your instructor."
        )
    return f"pip could not install the packages ({last_line(output)}); the whole output is in {place.log}."


def explain_os_error(error: OSError, place: Place) -> str:
    """What the system refused, in one sentence."""
    name = error.filename if isinstance(error.filename, str) else str(place.root)
    if isinstance(error, PermissionError) and name.startswith(str(place.venv)):
        return f"{name} is in use or protected; close JupyterLab and run start.py again."
    return f"{name}: {error.strerror or error}; {path_advice(place)}"


def path_advice(place: Place) -> str:
    return f"is {place.root} a folder of your own in which you may write, on a disk with 1 GB of room?"


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300].rstrip(".") if lines else "it gave no reason"


def run(command: "list[str]", seconds: "float | None" = None) -> "subprocess.CompletedProcess[str]":
    """Run a command with what it prints captured as one text."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=clean_environment(),
        timeout=seconds,
        check=False,
    )


def clean_environment() -> "dict[str, str]":
    """The environment without what would mix other packages, kernels or settings into the course's own."""
    mixed = ("PYTHON", "JUPYTER", "IPYTHON", "JPY_", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "CONDA_PREFIX")
    harmless = {"PYTHONIOENCODING", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}
    # The index, a proxy, certificates and the like stay; these say what is installed, and where.
    places = ("USER", "TARGET", "PREFIX", "ROOT", "PYTHON", "REQUIRE_VIRTUALENV", "DRY_RUN", "NO_DEPS")
    elsewhere = {"PIP_" + name for name in places}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in harmless or not (name.upper().startswith(mixed) or name.upper() in elsewhere)
    }
    return {**kept, "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1"}


def notebook_environment(place: Place) -> "dict[str, str]":
    """The environment of JupyterLab and its kernels: their settings and files lie in ``.venv``, where its kernel is.

    A cluster may name folders with kernels and settings of its own, somebody's home may hold others, which a kernel
    would start with, and not every home may be written to.
    """
    own = place.venv / "jupyter"
    own.mkdir(parents=True, exist_ok=True)  # IPython makes its folder only in one that is there
    return {
        **clean_environment(),
        "JUPYTER_PREFER_ENV_PATH": "1",  # of two kernels called python3 the one in .venv
        "JUPYTER_CONFIG_DIR": str(own / "settings"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "IPYTHONDIR": str(own / "ipython"),
    }


# --- notebooks ---------------------------------------------------------------------------------------------------


def copy_notebooks(place: Place) -> "tuple[list[Path], list[Path]]":
    """Copy what is new in ``release/`` to ``my_course/``; return the copies, and the files of which a newer one exists.

    A file that is there is never touched.
    """
    copied, older = [], []
    for path in sorted(place.release.rglob("*")):
        target = place.mine / path.relative_to(place.release)
        if not path.is_file() or ".ipynb_checkpoints" in path.parts:
            continue
        if not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(target.name + ".part")
            shutil.copyfile(path, part)
            part.replace(target)
            copied.append(target)
        elif built(path) and built(target) not in ("", built(path)):
            older.append(target)
    return copied, older


def built(path: Path) -> str:
    """What a notebook says about the build that it comes from; empty if it says nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["metadata"]["mlp_course"]["built"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


def report_copies(place: Place) -> None:
    copied, older = copy_notebooks(place)
    for path in copied:
        print(f"new: {shown(path, place)}")
    for path in older:
        new = place.release / path.relative_to(place.mine)
        print(f"{shown(path, place)} is of another release than {shown(new, place)}; yours is kept as it is.")
        print("  To work with the new one, rename yours, run start.py again and copy your answers.")
    print(f"Your notebooks are in {place.mine}", flush=True)


def shown(path: Path, place: Place) -> str:
    return path.relative_to(place.root).as_posix()


# --- what is run in .venv ----------------------------------------------------------------------------------------


def check(place: Place, name: str) -> int:
    """Run ``python -m mlp_utils check``; the exit code is 0 if nothing needs attention."""
    path = Path(name)
    if not path.is_file():
        path = named_notebook(place, name)
    return subprocess.call([str(place.python), "-m", "mlp_utils", "check", str(path)], env=notebook_environment(place))


def named_notebook(place: Place, name: str) -> Path:
    """The student's copy of an assignment: ``00_start``, ``00_start.ipynb``, or a path in the folder of start.py."""
    assignment = Path(name).name
    assignment = assignment[: -len(".ipynb")] if assignment.endswith(".ipynb") else assignment
    for path in (place.root / name, place.mine / name, place.mine / assignment / (assignment + ".ipynb")):
        if assignment and path.is_file():
            return path
    found = [path for root in (place.release, place.mine) for path in root.glob("*/*.ipynb")]
    known = sorted({path.stem for path in found if path.stem == path.parent.name})
    if assignment in known:
        raise Problem(f"There is no copy of {assignment} in {place.mine}; run start.py once, which makes it.")
    raise Problem(f"There is no notebook {name}. The assignments are: {', '.join(known) or 'none'}.")


def open_lab(place: Place, browser: bool = True) -> int:
    """Run JupyterLab on ``my_course/`` until it is closed; return its exit code."""
    # In a container one is root, and Jupyter wants to be told that this is meant.
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [str(place.python), "-m", "jupyterlab", f"--ServerApp.root_dir={place.mine}", *root]
    print("Opening JupyterLab; to end it, close the browser and press Ctrl+C here twice.", flush=True)
    process = subprocess.Popen([*command, *([] if browser else ["--no-browser"])], env=notebook_environment(place))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab has got the same key and asks, or ends


if __name__ == "__main__":
    sys.exit(main())
