"""The picture of `grading.py`'s numbers: submissions a second of each grader, and how our time grows.

python benchmarks/grading_chart.py benchmarks/results/grading.json course/pictures/grading.png
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from mlp_utils.plotting import OKABE_ITO, figure_to_png, new_figure

GREY = "#777777"


def draw_rates(axes: Axes, numbers: dict[str, Any]) -> None:
    """A bar for each grader, with its rate and its ratio to nbgrader's."""
    graders = numbers["graders"]
    rates = [numbers["submissions"] / grader["seconds"] for grader in graders]
    base = next((r for r, g in zip(rates, graders, strict=True) if g["name"].startswith("nbgrader")), rates[0])
    for place, (grader, rate) in enumerate(zip(graders, rates, strict=True)):
        own = grader["name"].startswith("ours")
        axes.barh(place, rate, color=OKABE_ITO["blue"] if own else GREY, height=0.65)
        axes.annotate(
            f"{rate:.2f}/s, {rate / base:.1f} ×",
            (rate, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(graders)), [grader["name"] for grader in graders])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.45 * max(rates))
    axes.set_xlabel("submissions a second (and how many times as many as nbgrader autograde)")
    axes.set_title(f"{numbers['submissions']} honest submissions, two cores")


def draw_growth(axes: Axes, numbers: dict[str, Any]) -> None:
    """Our seconds against the number of submissions, beside a straight line through the first and the last."""
    counts = sorted(map(int, numbers["growth"]))
    seconds = [numbers["growth"][str(count)] for count in counts]
    ends = [counts[0], counts[-1]]
    axes.plot(ends, [seconds[0], seconds[-1]], color=GREY, linestyle="--", label="a straight line")
    axes.plot(counts, seconds, color=OKABE_ITO["blue"], marker="o", linestyle="none", label="ours, sandbox, 2 jobs")
    for count, value in zip(counts, seconds, strict=True):
        axes.annotate(f"{value:.0f} s", (count, value), xytext=(6, -10), textcoords="offset points")
    axes.set_xlim(0, 1.15 * counts[-1])
    axes.set_ylim(0, 1.15 * seconds[-1])
    axes.set_xlabel("submissions")
    axes.set_ylabel("seconds")
    axes.set_title("How the time grows")
    axes.legend(loc="upper left", frameon=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the numbers of the grading benchmark.")
    parser.add_argument("results", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    numbers = json.loads(options.results.read_text(encoding="utf-8"))
    with new_figure(1100, 340, scale=1.5) as figure:
        figure.set_layout_engine("constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
        draw_rates(left, numbers)
        draw_growth(right, numbers)
        options.picture.write_bytes(figure_to_png(figure))


if __name__ == "__main__":
    main()
