"""``python -m mlp_utils check NOTEBOOK``: check a notebook before it is handed in.

Exit code 0: it runs, and everything is there and attempted (points may still be missing); 1: something needs
attention, and the report says what; 2: the notebook could not be checked; 130: stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mlp_utils.streams import lenient_output
from mlp_utils.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    lenient_output()
    parser = argparse.ArgumentParser(prog="python -m mlp_utils", description="Helpers for the notebooks of the course.")
    parser.add_argument("--version", action="version", version=f"mlp_utils {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    text = "Run a notebook in a fresh kernel and say what is missing; the file is not changed."
    sub = verbs.add_parser("check", help=text, description=text)
    sub.add_argument("notebook", type=Path)
    sub.add_argument("--seconds", type=_seconds, default=None, metavar="S", help="time limit of a cell (default: 120)")
    sub.add_argument("--json", action="store_true", help="print the report as JSON, for programs")
    options = parser.parse_args(arguments)
    try:
        return check(options.notebook, options.seconds, options.json)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def check(path: Path, seconds: float | None = None, as_json: bool = False) -> int:
    """Check a notebook, print the report and return the exit code."""
    from mlp_utils.handing_in.check import SECONDS, Unreadable, check_notebook

    quiet = as_json or not sys.stderr.isatty()

    def progress(done: int, cells: int) -> None:
        if not quiet:
            print(f"\rrunning code cell {done + 1} of {cells} ", end="", file=sys.stderr, flush=True)

    try:
        report = check_notebook(path, seconds or SECONDS, progress)
    except Unreadable as error:
        print(f"mlp_utils check: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"mlp_utils check: {error.name} is not installed here; it comes with jupyterlab.", file=sys.stderr)
        return 2
    finally:
        if not quiet:
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
    if as_json:
        print(report.to_json())
    else:
        where = f"in a fresh kernel with mlp_utils {__version__}, in {report.seconds:.0f} s"
        print(f"{report.file} ({report.assignment_id}), run {where}\n")
        print(report.table())
    return 0 if report.ready else 1


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError
    return value


if __name__ == "__main__":
    sys.exit(main())
