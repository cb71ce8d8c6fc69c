"""From what a method answered to the figures by which it is judged: docs/reference/healing.md defines them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean
from typing import Any

FALSE_HEALS = 0.05  # the share at which a baseline's own threshold is set
BANDS = (0, 20, 40, 60, 80, 90, 101)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One method on all cases: shares of 1, times in milliseconds. `taken` is None where it was not asked."""

    method: str
    cases: int
    hard_cases: int
    strict: int
    top1: int
    hard: int
    right: float
    wrong: float
    false: float
    taken: float | None
    mean_ms: float
    p95_ms: float


def judge(method: str, cases: Sequence[dict[str, Any]], answered: Callable[[dict[str, Any], str], bool]) -> Verdict:
    """`answered(case, question)`: whether the method would act on its answer."""
    here = [case["here"] for case in cases]
    acted = [case["here"] for case in cases if answered(case, "here")]
    times = sorted(found["ms"] for found in here)
    hard = [case for case in cases if case["hard"]]
    return Verdict(
        method=method,
        cases=len(cases),
        hard_cases=len(hard),
        strict=sum(found["strict"] for found in here),
        top1=sum(found["right"] for found in here),
        hard=sum(case["here"]["right"] for case in hard),
        right=sum(found["right"] for found in acted) / len(cases),
        wrong=sum(not found["right"] for found in acted) / len(cases),
        false=sum(answered(case, "gone") for case in cases) / len(cases),
        taken=sum(answered(case, "taken") for case in cases) / len(cases) if "taken" in cases[0] else None,
        mean_ms=mean(times),
        p95_ms=times[round(0.95 * (len(times) - 1))],
    )


def by_its_own_word(case: dict[str, Any], question: str) -> bool:
    """For a method that says itself whether it is certain."""
    return bool(case[question]["answered"])


def by_score(cases: Sequence[dict[str, Any]]) -> Callable[[dict[str, Any], str], bool]:
    """For a method that only scores: from the lowest score that on all other sites lets few false heals through."""
    thresholds = {site: _threshold([case for case in cases if case["site"] != site]) for site in _sites(cases)}
    return lambda case, question: bool(case[question]["score"] > thresholds[case["site"]])


def _threshold(cases: Sequence[dict[str, Any]]) -> float:
    scores = sorted((case["gone"]["score"] for case in cases), reverse=True)
    return float(scores[int(FALSE_HEALS * len(scores))])


def _sites(cases: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(case["site"] for case in cases))


def bands(cases: Sequence[dict[str, Any]]) -> Iterator[tuple[str, int, float]]:
    """Calibration: name of each band of confidence, how many answers fell into it, the share of them that was right.

    Both questions count: the element on the newer page, and that page without it, where every answer is wrong.
    """
    answers = [case[question] for case in cases for question in ("here", "gone")]
    for low, high in pairwise(BANDS):
        inside = [found["right"] for found in answers if low <= found["score"] < high]
        yield f"{low}–{min(high, 100)}", len(inside), mean(inside) if inside else 0.0
