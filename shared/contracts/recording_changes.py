"""What an edit does to a recording's steps and variables, and where a step stood before edits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from shared.contracts.recording import Step, Variable


class Change(Protocol):
    """An edit as `RecordingEdited` tells it."""

    @property
    def order(self) -> list[int] | None:
        """The former number of each step, in their new order."""

    @property
    def steps(self) -> list[Step]:
        """Those that are new or another way, by their new numbers."""

    @property
    def variables(self) -> dict[str, Variable | None]:
        """Those that are new or another way, by label."""


def of_steps_alone(data: dict[str, Any]) -> dict[str, Any]:
    """Before a change could be told of more than steps that stand where they stood."""
    return {**data, "name": None, "order": None, "variables": {}}


def steps_changed(steps: Iterable[Step], change: Change) -> list[Step]:
    """The steps after it, numbered from 1 where it says in which order they stand."""
    given = {step.step_number: step for step in change.steps}
    if change.order is None:
        return [given.get(step.step_number, step) for step in steps]
    former = {step.step_number: step for step in steps}
    found = [given.get(number) or former.get(was) for number, was in enumerate(change.order, start=1)]
    return [numbered(step, number) for number, step in enumerate(filter(None, found), start=1)]


def variables_changed(variables: Mapping[str, Variable], change: Change) -> dict[str, Variable]:
    """The variables after it."""
    following = variables if change.order is None else renumbered(variables, change.order)
    merged = {**following, **change.variables}
    return {label: variable for label, variable in merged.items() if variable is not None}


def numbered(step: Step, number: int) -> Step:
    """The step under a number."""
    return step if step.step_number == number else step.model_copy(update={"step_number": number})


def renumbered(variables: Mapping[str, Variable], order: Sequence[int]) -> dict[str, Variable]:
    """The variables under the new numbers of their steps, without those whose step is gone."""
    place_of = {was: number for number, was in enumerate(order, start=1) if was}
    return {
        label: variable.model_copy(update={"step_number": place_of[variable.step_number]})
        if place_of[variable.step_number] != variable.step_number
        else variable
        for label, variable in variables.items()
        if variable.step_number in place_of
    }


def back_from(order: Sequence[int], count: int) -> list[int]:
    """The order that takes an order of `count` steps back."""
    place_of = {was: number for number, was in enumerate(order, start=1) if was}
    return [place_of.get(was, 0) for was in range(1, count + 1)]


def stood_at(count: int, orders: Iterable[list[int] | None]) -> list[int]:
    """Where each step stood before a row of edits of `count` steps, 0 for those that were not there."""
    stood = list(range(1, count + 1))
    for order in orders:
        if order is not None:
            stood = [stood[was - 1] if 0 < was <= len(stood) else 0 for was in order]
    return stood
