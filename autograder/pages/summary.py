"""The class in numbers: what the report shows, worked out from the results of an assignment."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import dataclass

from mlp_utils.status import WORDS, Status

from autograder.pages.results import Item, Results, StudentResult, sentence_of

ANSWERED = (Status.PASSED, Status.PARTIAL, Status.FAILED)
MOST_BINS = 24


@dataclass(frozen=True)
class Misconception:
    """One mistake of the class.

    share:  of the answers to this exercise that could be judged.
    remark: the answers were right, and something is to be said of them all the same.
    """

    item: Item
    id: str
    sentence: str
    count: int
    share: float
    remark: bool


@dataclass(frozen=True)
class ItemSummary:
    """One item over the class.

    counts:      how many have each status.
    mean:        of the points, over all graded submissions that could be read.
    answers:     how many answers could be judged.
    unnamed:     wrong answers that are no known mistake.
    """

    item: Item
    counts: Counter[str]
    mean: float
    answers: int
    unnamed: int
    misconceptions: tuple[Misconception, ...]


@dataclass(frozen=True)
class Bin:
    """A column of the distribution: the scores from ``low`` to under ``high``."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Look:
    """Something that waits for a person: which student, where, and why."""

    entry: StudentResult
    item: Item
    word: str
    why: str


@dataclass(frozen=True)
class Summary:
    """One assignment for the report.

    scores: points; of an assignment that is practice, how many exercises are right.
    """

    results: Results
    items: tuple[ItemSummary, ...]
    statuses: tuple[str, ...]
    scores: tuple[float, ...]
    bins: tuple[Bin, ...]
    looks: tuple[Look, ...]
    to_grade: tuple[tuple[Item, int], ...]

    @property
    def id(self) -> str:
        return self.results.setting.id

    @property
    def title(self) -> str:
        return self.results.setting.title

    @property
    def max_points(self) -> float:
        return self.results.setting.max_points

    @property
    def practice(self) -> bool:
        """Nothing counts here."""
        return not self.max_points

    @property
    def top(self) -> float:
        """The best possible score."""
        return self.max_points or self.results.setting.exercises

    @property
    def mean(self) -> float:
        return statistics.fmean(self.scores) if self.scores else 0.0

    @property
    def quartiles(self) -> tuple[float, float, float]:
        if len(self.scores) < 2:
            only = self.scores[0] if self.scores else 0.0
            return only, only, only
        low, middle, high = statistics.quantiles(self.scores, n=4, method="inclusive")
        return round(low, 1), round(middle, 2), round(high, 1)

    @property
    def open_points(self) -> bool:
        return any(entry.open_points for entry in self.results.graded)

    def with_state(self, state: str) -> list[StudentResult]:
        return [entry for entry in self.results.entries if entry.state == state]

    @property
    def missing(self) -> list[StudentResult]:
        return self.with_state(Status.NOT_HANDED_IN)

    @property
    def ungraded(self) -> list[StudentResult]:
        return self.with_state(Status.NOT_GRADED)

    @property
    def damaged(self) -> list[StudentResult]:
        return self.with_state(Status.DAMAGED)

    @property
    def changed(self) -> list[StudentResult]:
        return [entry for entry in self.results.entries if entry.changed]

    @property
    def unreadable(self) -> list[StudentResult]:
        return [entry for entry in self.results.graded if not entry.readable]

    @property
    def strangers(self) -> list[StudentResult]:
        return [entry for entry in self.results.entries if not entry.on_roster]

    @property
    def odd(self) -> list[StudentResult]:
        return [entry for entry in self.results.graded if entry.record is not None and entry.record.problems]


def summarise(results: Results) -> Summary:
    """Count, average and sort what the class has done."""
    items = tuple(_item(results, item) for item in results.setting.items)
    used = {status for item in items for status in item.counts}
    setting = results.setting
    counts = [entry.points if setting.max_points else entry.passed for entry in results.graded if entry.readable]
    scores = tuple(sorted(counts))
    looks = tuple(_looks(results))
    to_grade = tuple((item, sum(r.open for r in results.of_item(item))) for item in results.setting.items)
    return Summary(
        results,
        items,
        tuple(status for status in WORDS if status in used),
        scores,
        bins(scores, setting.max_points or setting.exercises),
        looks,
        tuple((item, count) for item, count in to_grade if count),
    )


def _item(results: Results, item: Item) -> ItemSummary:
    found = results.of_item(item)
    readable = [result for result in found if result.status != Status.UNREADABLE]
    answers = [result for result in found if result.status in ANSWERED]
    named = Counter((name, result.status == Status.PASSED) for result in answers for name in result.diagnoses)
    ranked = sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))
    return ItemSummary(
        item,
        Counter(result.status for result in found),
        statistics.fmean(result.points for result in readable) if readable else 0.0,
        len(answers),
        sum(result.status != Status.PASSED and not result.diagnoses for result in answers),
        tuple(
            Misconception(item, name, sentence_of(item, name), count, count / len(answers), remark)
            for (name, remark), count in ranked
        ),
    )


def _looks(results: Results) -> list[Look]:
    """By student; of a file that could not be read one line and not one for each exercise."""
    looks = []
    for entry in results.graded:
        waiting = [result for result in entry.results if result.waits and not result.open]
        for result in waiting if entry.readable else waiting[:1]:
            if result.given:
                why = "A person gave points, and the work has been graded again since: do they still hold?"
            else:
                why = result.verdict.message if result.verdict else ""
            looks.append(Look(entry, result.item, WORDS[result.status], why))
    return looks


def bins(scores: tuple[float, ...], top: float) -> tuple[Bin, ...]:
    """Columns one point wide, or wider where that would be too many; the top score falls into the last."""
    width = max(1, math.ceil(top / MOST_BINS))
    columns = int(top // width) + 1
    counts = Counter(min(int(score // width), columns - 1) for score in scores)
    return tuple(Bin(k * width, (k + 1) * width, counts[k]) for k in range(columns))


def commonest(summaries: list[Summary], most: int = 10) -> list[Misconception]:
    """The mistakes that most students make, over all assignments; a single student's is nobody's pattern."""
    found = [m for summary in summaries for item in summary.items for m in item.misconceptions]
    shared = [m for m in found if m.count > 1 and not m.remark]
    return sorted(shared, key=lambda m: (-m.count, -m.share, m.item.id, m.id))[:most]
