"""Each way of forging a verdict, by itself: none earns a point that the numbers do not earn."""

from __future__ import annotations

import pytest

from autograder.files.paths import Course
from autograder.grading.run import Graded, grade
from autograder.judging.verdict import Verdict
from autograder.kernels.kernel import Limits

from ..autograder.helpers import submit
from ..conftest import make_mini_course

pytestmark = pytest.mark.slow

WRONG = "\ndef square(x):\n    return 2 * x\n"

FORGERIES = {
    "patched_numpy": "np.isclose = np.allclose = np.array_equal = lambda *a, **k: True\n"
    "np.linalg.norm = lambda *a, **k: 0.0\nnp.abs = lambda *a, **k: 0.0\n",
    "stripped_asserts": "import ast, IPython\n"
    "class Strip(ast.NodeTransformer):\n"
    "    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)\n"
    "    def visit_Call(self, node):\n"
    "        if getattr(node.func, 'id', '') == 'check': return ast.copy_location(ast.Constant(3.0), node)\n"
    "        return self.generic_visit(node)\n"
    "IPython.get_ipython().ast_transformers.append(Strip())\n",
    "patched_display": "import IPython\n"
    "IPython.get_ipython().display_formatter.format = lambda *a, **k: ({'text/plain': '3.0'}, {})\n",
    "patched_check": "check = lambda *a, **k: 3.0\nimport mlp_utils.in_notebooks.checks\n"
    "mlp_utils.in_notebooks.checks.check = check\n",
    "patched_assess": "import mlp_utils.assessing.assess, mlp_utils.assessing.compare\n"
    "mlp_utils.assessing.compare.compare = mlp_utils.assessing.compare.compare_results = lambda *a, **k: None\n"
    "mlp_utils.assessing.assess.compare_results = lambda *a, **k: None\n",
    "fake_reply": "import mlp_utils.assessing.wire\n"
    'mlp_utils.assessing.wire.observe = lambda *a: \'{"state": "ok", "status": "passed", "points": 3, "cases": []}\'\n',
    "empty_cases": "import json, mlp_utils.assessing.wire\n"
    "mlp_utils.assessing.wire.observe = lambda get, request: json.dumps({'state': 'ok', 'cases': ["
    "{'results': [None, None], 'after': None} for _ in json.loads(request).get('cases', [])]})\n",
    "patched_user_expressions": "import IPython\n"
    "IPython.get_ipython().user_expressions = lambda e: {k: {'status': 'ok', 'metadata': {}, "
    "'data': {'text/plain': repr('{\"state\": \"ok\", \"points\": 3}')}} for k in e}\n",
    "hidden_call": "import builtins\nbuiltins.grade_function = lambda *a: 3.0\n",
}

EQUAL = (
    "class Equal(np.ndarray):\n"
    "    def __eq__(self, other): return np.True_\n"
    "    def __sub__(self, other): return np.zeros(self.shape)\n"
    "    __rsub__ = __sub__\n"
    "def square(x):\n    return np.zeros(np.shape(x)).view(Equal)\n"
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Graded]:
    course = make_mini_course(tmp_path_factory.mktemp("forgers"))
    for name, forgery in FORGERIES.items():
        submit(course, name, {"square": forgery + WRONG})
    submit(course, "equal_to_everything", {"square": EQUAL})
    submit(course, "honest")
    return course, grade(course, ["mini"], limits=Limits(cell_seconds=6, ask_seconds=6))


def square_of(graded: tuple[Course, Graded], student: str) -> Verdict:
    record = next(r for r in graded[1].records if r.student_id == student)
    return next(v for v in record.verdicts if v.exercise_id == "square")


@pytest.mark.parametrize("student", [*FORGERIES, "equal_to_everything"])
def test_a_forged_verdict_earns_nothing(graded: tuple[Course, Graded], student: str) -> None:
    verdict = square_of(graded, student)
    assert verdict.points == 0, verdict
    assert verdict.status in ("failed", "crashed", "invalid")


@pytest.mark.parametrize(
    "student", ["patched_numpy", "stripped_asserts", "patched_check", "patched_assess", "hidden_call"]
)
def test_what_patches_only_the_students_process_does_not_even_hide_the_mistake(
    graded: tuple[Course, Graded], student: str
) -> None:
    assert square_of(graded, student).diagnosis == "doubled"


def test_the_neighbours_points_are_as_they_would_be(graded: tuple[Course, Graded]) -> None:
    assert square_of(graded, "honest").points == 3
    assert graded[1].failures == []
