"""What is still to be handed out, so that a worker stays with its assignment as long as there is work in it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable

from autograder.grading.work import Order

Name = tuple[str, str]
"""Student and assignment."""


class Backlog:
    """Submissions by assignment; the order for each is made, and its notebook read, when its turn has come.

    A worker has to load each assignment that it grades and to start a server for its kernels, which takes as long as
    several submissions: so it is given more of the same while there are any.

    make: the order for a submission, or None if it cannot be read, which whoever makes it has noted.
    """

    def __init__(self, names: Iterable[Name], make: Callable[[Name], Order | None]) -> None:
        self._left: dict[str, deque[Name]] = defaultdict(deque)
        for name in names:
            self._left[name[1]].append(name)
        self._make = make

    @staticmethod
    def of(orders: Iterable[Order]) -> Backlog:
        """A backlog of orders that are made already."""
        made = {(order.student_id, order.assignment_id): order for order in orders}
        return Backlog(made, made.get)

    def __len__(self) -> int:
        return sum(map(len, self._left.values()))

    def take(self, assignment_id: str = "") -> Order | None:
        """The next order: of this assignment if there is one, else of the one with the most left; None at the end."""
        while any(self._left.values()):
            found = self._left.get(assignment_id) or max(self._left.values(), key=len)
            order = self._make(found.popleft())
            if order is not None:
                return order
        return None
