"""A line that says how far a long computation is: a bar of tqdm, or plain lines where tqdm is not installed.

tqdm is imported in this module only, when a bar is shown.  The bar goes to the standard output: what is written to
the error stream looks like a failure in a notebook that is graded.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]

_LINES = 10
"""How many lines are printed where there is no tqdm."""


@contextmanager
def progress(total: int, *, show: bool = True, unit: str = "epoch") -> Iterator[Callable[[str], None]]:
    """Give a function that is called once a step, ``total`` times at most, with a few words on what was reached.

        with progress(3) as step:
            for k in range(3):
                step(f"loss {1 / (k + 1):.2f}")

    show: False shows nothing.
    """
    if not show:
        yield lambda words: None
        return
    try:
        tqdm = importlib.import_module("tqdm").tqdm
    except ImportError:
        yield _lines(total, unit)
        return
    with tqdm(total=total, unit=unit, file=sys.stdout, mininterval=0.2) as bar:

        def step(words: str) -> None:
            bar.set_postfix_str(words, refresh=False)
            bar.update()

        yield step


def _lines(total: int, unit: str) -> Callable[[str], None]:
    done = 0

    def step(words: str) -> None:
        nonlocal done
        done += 1
        if done * _LINES // total > (done - 1) * _LINES // total:
            print(f"{unit} {done} of {total}: {words}", flush=True)

    return step
