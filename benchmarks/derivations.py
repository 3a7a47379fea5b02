"""Time to check a derivation of eight lines, as a notebook does after each edit.

    python benchmarks/derivations.py [--rounds 20]

The first call is measured in a new process: it includes the imports, and mpmath's where a line is false.  Later calls
are in this process.  Each derivation is checked as it is right, and with one wrong sign in its sixth line, for which
the kind of mistake is looked for.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

COURSE = str(Path(__file__).resolve().parents[1] / "course")
sys.path.insert(0, COURSE)  # it need not be installed

from mlp_utils.streams import lenient_output  # noqa: E402

LETTERS = {
    "x": [["d"], "real"],
    "W1": [["d", "n"], "real"],
    "b1": [["n"], "real"],
    "W2": [["n", "q"], "real"],
    "b2": [["q"], "real"],
    "y": [["q"], "one-hot"],
    "epsilon": [[], "unit"],
}
DEFINITIONS = {
    "h": "W1.T @ x + b1",
    "a": "relu(h)",
    "z": "W2.T @ a + b2",
    "p": "softmax(z)",
    "L": "-sum(((1 - epsilon)*y[i] + epsilon/q) * log(p[i]) for i)",
}
SETTING = {"letters": LETTERS, "definitions": DEFINITIONS, "indices": {}}
DERIVATIONS = {
    "softmax Jacobian": """d(p[i]) / d(z[j])
= d(exp(z[i]) / sum(exp(z[k]) for k)) / d(z[j])
= (d(exp(z[i]), z[j])*sum(exp(z[k]) for k) - exp(z[i])*d(sum(exp(z[k]) for k), z[j])) / sum(exp(z[k]) for k)**2
= (delta(i, j)*exp(z[i])*sum(exp(z[k]) for k) - exp(z[i])*exp(z[j])) / sum(exp(z[k]) for k)**2
= delta(i, j)*exp(z[i])/sum(exp(z[k]) for k) - exp(z[i])*exp(z[j])/sum(exp(z[k]) for k)**2
= delta(i, j)*p[i] - p[i]*p[j]
= p[i]*delta(i, j) - p[i]*p[j]
= p[i]*(delta(i, j) - p[j])""",
    "loss by the logits": """d(L) / d(z[j])
= sum(d(L, p[i])*d(p[i], z[j]) for i)
= -sum(((1 - ε)*y[i] + ε/q)/p[i]*p[i]*(delta(i, j) - p[j]) for i)
= -sum(((1 - ε)*y[i] + ε/q)*(delta(i, j) - p[j]) for i)
= -sum(((1 - ε)*y[i] + ε/q)*delta(i, j) for i) + p[j]*sum((1 - ε)*y[i] + ε/q for i)
= -((1 - ε)*y[j] + ε/q) + p[j]*(1 - ε + ε)
= -(1 - ε)*y[j] - ε/q + p[j]
= p[j] - (1 - ε)*y[j] - ε/q""",
    "dW by components": """d(L) / d(W1[r, k])
= sum(d(L, z[s])*d(z[s], W1[r, k]) for s)
= sum(d(L, z[s])*d(z[s], a[k])*d(a[k], W1[r, k]) for s)
= sum(d(L, z[s])*W2[k, s]*d(a[k], W1[r, k]) for s)
= sum(d(L, z[s])*W2[k, s] for s)*d(a[k], h[k])*d(h[k], W1[r, k])
= -sum(((1 - ε)*y[s] + ε/q - p[s])*W2[k, s] for s)*1[h[k] > 0]*d(h[k], W1[r, k])
= sum((p[s] - (1 - ε)*y[s] - ε/q)*W2[k, s] for s)*1[h[k] > 0]*x[r]
= outer(x, (h > 0)*(W2 @ (p - (1 - ε)*y - ε/q)))[r, k]""",
}
FIRST = """
import sys, time
sys.path.insert(0, {course!r})
import numpy
start = time.perf_counter()
from mlp_utils.derivations.route import Form, Route, mark
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.show import lines_of
setting = Setting.from_json({setting!r})
text = {text!r}
marked = mark(text, setting, Route((text.splitlines()[0],), Form("")))
lines = lines_of(marked, setting)
print(time.perf_counter() - start)
"""


def spoilt(text: str) -> str:
    """The same with one wrong sign in the sixth line."""
    lines = text.splitlines()
    line = lines[5]
    place = max(line.rfind(" - "), line.rfind(" + "))
    lines[5] = line[: place + 1] + ("+" if line[place + 1] == "-" else "-") + line[place + 2 :]
    return "\n".join(lines)


def check(text: str) -> int:
    """Check, look for the kind, and typeset; the number of the first false line."""
    from mlp_utils.derivations.route import Form, Route, mark
    from mlp_utils.derivations.setting import Setting
    from mlp_utils.derivations.show import lines_of

    setting = Setting.from_json(SETTING)
    marked = mark(text, setting, Route((text.splitlines()[0],), Form("")))
    lines_of(marked, setting)
    first = marked.checked.first_false
    assert not marked.checked.slips and not marked.checked.gaps
    return first.line if first else 0


def first_call(text: str) -> float:
    code = FIRST.format(course=COURSE, setting=SETTING, text=text)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    return float(done.stdout)


def main() -> None:
    lenient_output()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    print(f"{'derivation':22} {'':12} {'first call':>12} {'later, median':>14} {'slowest':>10}   (ms)")
    for name, text in DERIVATIONS.items():
        for kind, version, line in (("right", text, 0), ("line 6 false", spoilt(text), 6)):
            first = statistics.median(first_call(version) for _ in range(3))
            times = []
            for _ in range(rounds):
                start = time.perf_counter()
                assert check(version) == line
                times.append(time.perf_counter() - start)
            row = [1000 * first, 1000 * statistics.median(times[1:]), 1000 * max(times[1:])]
            print(f"{name:22} {kind:12} {row[0]:12.0f} {row[1]:14.1f} {row[2]:10.1f}")


if __name__ == "__main__":
    main()
