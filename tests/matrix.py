"""Two tables at the end of a test run, from what the tests recorded: misconception × exercise, and the false lines that
stand in the sources' derivations."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterable
from typing import Any

WIDTH = 118
KEEP = "\N{NO-BREAK SPACE}"
LEGEND = (
    "✔ loses points on hidden cases, is named by its own id, and the visible check finds it",
    "h the same, but only the hidden cases find it",
    "✘ survives: full points",
    "? loses points under another name",
)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the matrix; it comes with the reports, since what a worker of pytest-xdist prints is lost."""
    reports = [report for group in ("passed", "failed") for report in terminalreporter.stats.get(group, [])]
    found = recorded(reports)
    if found:
        terminalreporter.section("misconception × exercise")
        for line in lines(found, full=os.environ.get("PYTEST_MATRIX") == "full"):
            terminalreporter.write_line(line)
    slips = sorted({tuple(map(str, value)) for value in properties(reports, "table")})
    if slips:
        terminalreporter.section("false lines in the sources' derivations")
        terminalreporter.write_line(
            "source: what is false → the line at which it is refused, and the kind of mistake named"
        )
        for source, says, line, kind in slips:
            terminalreporter.write_line(f"  {source}: {says} → line {line}, {kind}")


def properties(reports: Iterable[Any], wanted: str) -> list[Any]:
    """The values that tests recorded under a name."""
    return [value for r in reports for name, value in getattr(r, "user_properties", ()) if name == wanted]


def symbol(row: dict[str, str]) -> str:
    if not row["lost"]:
        return "✘"
    if row["named"] != row["misconception"]:
        return "?"
    return "✔" if row["visible"] == "yes" else "h"


def recorded(reports: Iterable[Any]) -> list[dict[str, Any]]:
    """What the tests recorded, in the course's order; the order of the reports is the workers'."""
    found = [json.loads(value) for value in properties(reports, "matrix")]
    unique = {(item["assignment"], item["exercise"]): item for item in found}
    return [unique[key] for key in sorted(unique)]


def lines(matrix: list[dict[str, Any]], full: bool = False) -> list[str]:
    """The matrix in words: a paragraph for each exercise, or with ``full`` a row for each misconception."""
    result = [*LEGEND, ""]
    for item in matrix:
        rows = item["rows"]
        symbols = [symbol(row) for row in rows]
        survivors = [row["misconception"] for row, s in zip(rows, symbols, strict=True) if s == "✘"]
        result.append(
            f"{item['assignment']} / {item['exercise']}: {len(rows)} misconceptions, "
            f"{symbols.count('✔')} found by the visible check, survivors: {', '.join(survivors) or 'none'}"
        )
        if full:
            result += [
                f"  {s} {row['misconception']} | loses points on: {row['lost'] or 'nothing'} | "
                f"found by the visible check: {row['visible']} | named as: {row['named'] or 'nothing'}"
                for row, s in zip(rows, symbols, strict=True)
            ]
        else:
            # A no-break space keeps a symbol and its id on the same line.
            words = [f"{s}{KEEP}{row['misconception']}" for row, s in zip(rows, symbols, strict=True)]
            wrapped = textwrap.wrap("   ".join(words), WIDTH, initial_indent="  ", subsequent_indent="  ")
            result += [line.replace(KEEP, " ") for line in wrapped]
    total = sum(len(item["rows"]) for item in matrix)
    left = sum(symbol(row) == "✘" for item in matrix for row in item["rows"])
    return [*result, "", f"{len(matrix)} exercises, {total} misconceptions, {left} survivors"]
