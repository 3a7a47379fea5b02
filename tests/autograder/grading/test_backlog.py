"""Work is handed out so that a worker stays with its assignment as long as there is some of it."""

from __future__ import annotations

from autograder.grading.backlog import Backlog, Name
from autograder.grading.work import Order


def order(name: Name) -> Order:
    return Order(*name, b"", (), "", 0, {}, "none", "", "")


def drained(backlog: Backlog, assignment_id: str) -> list[Name]:
    found = []
    while (taken := backlog.take(assignment_id)) is not None:
        found.append((taken.student_id, taken.assignment_id))
    return found


def test_more_of_the_same_assignment_comes_first() -> None:
    names = [("ada", "one"), ("ada", "two"), ("bob", "one"), ("bob", "two"), ("cyd", "one")]
    backlog = Backlog(names, order)
    assert backlog.take("two") == order(("ada", "two"))
    assert drained(backlog, "two") == [("bob", "two"), ("ada", "one"), ("bob", "one"), ("cyd", "one")]


def test_a_worker_that_is_free_turns_to_what_has_most_left() -> None:
    backlog = Backlog([("ada", "one"), ("bob", "one"), ("ada", "two"), ("bob", "two")], order)
    first = backlog.take()
    second = backlog.take()
    assert first is not None and second is not None
    assert {first.assignment_id, second.assignment_id} == {"one", "two"}  # not both workers at the same one


def test_what_cannot_be_read_is_passed_over() -> None:
    backlog = Backlog(
        [("ada", "one"), ("bob", "one"), ("cyd", "one")], lambda name: order(name) if "b" in name[0] else None
    )
    assert drained(backlog, "") == [("bob", "one")]
    assert backlog.take() is None


def test_each_order_is_made_when_its_turn_has_come() -> None:
    made: list[Name] = []

    def make(name: Name) -> Order:
        made.append(name)
        return order(name)

    backlog = Backlog([("ada", "one"), ("bob", "one")], make)
    assert made == []
    backlog.take()
    assert made == [("ada", "one")]


def test_orders_that_are_there_already() -> None:
    orders = [order(("ada", "one")), order(("bob", "two"))]
    backlog = Backlog.of(orders)
    assert [backlog.take("two"), backlog.take(), backlog.take()] == [orders[1], orders[0], None]
