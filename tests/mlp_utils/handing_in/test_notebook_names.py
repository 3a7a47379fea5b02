"""What a cell defines and what it takes from other cells."""

from __future__ import annotations

import pytest
from mlp_utils.handing_in.check import borrowed_names
from mlp_utils.handing_in.names import defined_names, used_names
from mlp_utils.handing_in.run import Cell


@pytest.mark.parametrize(
    ("source", "defined", "used"),
    [
        ("x = 3", {"x"}, set()),
        ("import numpy as np\nfrom math import exp", {"np", "exp"}, set()),
        ("def f(x):\n    y = g(x)\n    return y + K", {"f"}, {"g", "K"}),
        ("f = lambda x, s=S: x * s", {"f"}, {"S"}),
        ("def f(x):\n    return [a * b for a in x]", {"f"}, {"b"}),
        ("def f(x):\n    def h(u):\n        return u + x + Q\n    return h(x)", {"f"}, {"Q"}),
        ("for k in range(3):\n    total = k", {"k", "total"}, set()),
        ("%matplotlib inline\nx = len(z)", {"x"}, {"z"}),
        ("def f(x:", set(), set()),
        ("a, (b, *c) = d", {"a", "b", "c"}, {"d"}),
    ],
)
def test_names(source: str, defined: set[str], used: set[str]) -> None:
    assert defined_names(source) == defined
    assert used_names(source) == used


def cells(*sources: tuple[str, str, bool]) -> list[Cell]:
    return [Cell(k + 1, name, True, source, experiment) for k, (name, source, experiment) in enumerate(sources)]


def test_a_name_of_an_experiment_is_borrowed_only_if_nothing_else_defines_it() -> None:
    notebook = cells(
        ("setup", "import numpy as np", False),
        ("", "scale = 2\nnp = 3", True),
        ("square", "def square(x):\n    return np.square(x) * scale", False),
        ("cube", "def cube(x):\n    scale = 1\n    return scale * x**3", False),
    )
    assert borrowed_names(notebook, ["square", "cube"]) == {"square": ["scale"]}
