"""The key to one exercise: the wanted values, and how each known answer does on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess
from mlp_utils.assessing.tasks import Task

from autograder.authoring.model import Answer, Exercise


@dataclass(frozen=True)
class Key:
    """The key to one exercise for one seed: the task with the wanted values, and how each known answer does.

    right:     the reference answer itself.
    namespace: the solved notebook's names.
    """

    exercise: Exercise
    task: Task
    right: Any
    namespace: dict[str, Any]
    seed: int
    _replies: dict[str, Outcome] = field(default_factory=dict, repr=False)
    _beginnings: dict[tuple[str, int], Outcome] = field(default_factory=dict, repr=False)

    def outcome_of(self, answer: Answer) -> Outcome:
        """How an accepted answer or a misconception does on these cases (computed once)."""
        if answer.id not in self._replies:
            self._replies[answer.id] = self._observed(answer, self.task)
        return self._replies[answer.id]

    def beginning_of(self, answer: Answer, count: int) -> Outcome:
        """The same on the first ``count`` cases alone, where nothing is different: cases come one after the other."""
        if answer.id in self._replies or count >= len(self.task.cases):
            return self.outcome_of(answer)
        if (answer.id, count) not in self._beginnings:
            begun = replace(self.task, cases=self.task.cases[:count])
            self._beginnings[answer.id, count] = self._observed(answer, begun)
        return self._beginnings[answer.id, count]

    def _observed(self, answer: Answer, task: Task) -> Outcome:
        return observe(task, lambda: answer.build(self.exercise.answer, self.right, self.namespace))


def observe(task: Task, get_answer: Callable[[], Any]) -> Outcome:
    """The outcome of an answer that lives in this process."""
    with np.errstate(all="ignore"):
        return assess(task, wire.observe(get_answer, task.request()))
