"""The law of deciders, for each that there is: deciding the same command again after its events yields nothing."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import services
from services.runner.aggregates.row_run import Hold
from services.scheduler.aggregates.job import EndJob, StopJob
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import CachedHealMissed, ElementHealed
from shared.contracts.scheduler import JobCreated, RowLost, RowSkipped
from shared.core.decider import Decider
from shared.core.errors import RetoldError
from shared.core.events import Event
from tests.golden.files import told
from tests.golden.samples import FULL_BUNDLE, STEPS

# Few values each, so that commands meet one another.
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.sampled_from([UUID(int=number) for number in range(3)]),
    int: st.sampled_from([0, 1, 2, 4]),
    str: st.sampled_from(["a", "b"]),
    bool: st.booleans(),
    float: st.just(1.5),
    datetime: st.integers(0, 2).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    Any: st.none(),
    type(None): st.none(),
    Step: st.sampled_from([Step.model_validate(step) for step in STEPS]),
    LocatorBundle: st.sampled_from([LocatorBundle.model_validate(bundle) for bundle in ({"id": "a"}, FULL_BUNDLE)]),
    # Two holds, so that a worker often still has the row that it tells of.
    Hold: st.sampled_from([Hold("a", 1), Hold("b", 2)]),
    # Jobs of no row or one, so that they are often submitted, and come to their end.
    JobCreated: st.deferred(lambda: made_by(JobCreated)).map(
        lambda created: created.model_copy(update={"total_rows": created.total_rows % 2})
    ),
    EndJob: st.sampled_from([EndJob(UUID(int=0), *counts) for counts in ((0, 0, 0), (1, 0, 0), (0, 1, 0))]),
    # Where any event fits, those are meant that are seen on the way.
    Event: st.sampled_from([event for event in told() if isinstance(event, CachedHealMissed | ElementHealed)]),
}

SELDOM = (RowSkipped, RowLost, StopJob, EndJob)  # they end what others have begun


def made_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a type, built from its parts; fields that have a default keep it in half of the cases or more."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    arguments = get_args(annotation)
    match get_origin(annotation):
        case kind if kind is Literal:
            return st.sampled_from(arguments)
        case kind if kind in (Union, UnionType):
            return st.one_of([made_of(argument) for argument in arguments])
        case kind if kind in (list, Sequence, tuple):
            return st.lists(made_of(arguments[0]), max_size=3).map(tuple if kind is tuple else list)
        case kind if kind in (dict, Mapping):
            return st.dictionaries(made_of(arguments[0]), made_of(arguments[1]), max_size=2)
        case _:
            return st.deferred(lambda: made_by(annotation))


def made_by(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of a command, an event, or a part of one."""
    hints = get_type_hints(cls)
    if issubclass(cls, BaseModel):
        required = [name for name, field in cls.model_fields.items() if field.is_required()]
    else:
        required = [field.name for field in fields(cls)]
    return st.fixed_dictionaries({name: made_of(hints[name]) for name in required}).map(lambda given: cls(**given))


@dataclass(frozen=True)
class Subject:
    """A decider, and a strategy for what may happen to its stream: commands, and events that others append."""

    name: str
    decider: Decider[Any, Any]
    happenings: st.SearchStrategy[list[Any]]


def subjects() -> Iterator[Subject]:
    """Every decider of every service."""
    for _, module_name, _ in pkgutil.walk_packages(services.__path__, "services."):
        if ".aggregates." in module_name:
            module = importlib.import_module(module_name)
            events = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Event)]
            foreign = [event for event in events if event is not Event and event.__module__ != _owner(module_name)]
            kinds = get_args(module.Command)
            commands = [made_of(kind) for kind in kinds for _ in range(1 if kind in SELDOM else 3)]
            begins = [made_by(event) for event in foreign if event not in SELDOM]
            ends = [made_by(event) for event in foreign if event in SELDOM]
            weighted = [*commands, *begins * 3, *ends]
            happening = st.integers(0, len(weighted) - 1).flatmap(weighted.__getitem__)
            for name, value in vars(module).items():
                if isinstance(value, Decider):
                    beginning = st.one_of(begins) if begins else happening
                    events = st.tuples(beginning, st.lists(happening, min_size=15, max_size=30)).map(
                        lambda drawn: [drawn[0], *drawn[1]]
                    )
                    yield Subject(f"{module_name.split('.')[1]}.{name}", value, events)


def _owner(module_name: str) -> str:
    return f"shared.contracts.{module_name.split('.')[1]}"


SUBJECTS = list(subjects())
every_decider = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)


def test_there_are_deciders_to_try():
    assert len(SUBJECTS) >= 4


@every_decider
def test_deciding_the_same_command_again_after_its_events_yields_nothing(subject: Subject):
    decided = 0

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(subject.happenings)
    def law(happenings: list[Any]) -> None:
        nonlocal decided
        for command, events, state in decisions(subject.decider, happenings):
            again = subject.decider.decide(command, subject.decider.fold(events, state))
            assert list(again) == [], f"{command} again after {events}"
            decided += bool(events)

    law()
    assert decided > 50, f"only {decided} commands changed anything: the law was not tried"


@pytest.mark.parametrize(("name", "commands", "times"), [("runner.row_runs", 4, 15), ("scheduler.jobs", 8, 5)])
def test_every_command_is_carried_out_often_enough_to_try_the_law(name: str, commands: int, times: int):
    subject = next(subject for subject in SUBJECTS if subject.name == name)
    kinds: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(subject.happenings)
    def count(happenings: list[Any]) -> None:
        kinds.update(type(command).__name__ for command, events, _ in decisions(subject.decider, happenings) if events)

    count()
    assert len(kinds) == commands, kinds
    assert min(kinds.values()) >= times, kinds


@every_decider
def test_deciding_needs_nothing_but_its_arguments_and_changes_no_state(subject: Subject):
    @settings(max_examples=30, deadline=None, database=None, derandomize=True)
    @given(subject.happenings)
    def pure(happenings: list[Any]) -> None:
        for command, events, state in decisions(subject.decider, happenings):
            before = repr(state)
            assert list(subject.decider.decide(command, state)) == list(events)
            assert repr(state) == before

    pure()


def decisions(decider: Decider[Any, Any], happenings: list[Any]) -> Iterator[tuple[Any, Sequence[Event], Any]]:
    """Each accepted command with its events and the state on which it was decided."""
    state = decider.initial
    for happening in happenings:
        if isinstance(happening, Event):
            state = decider.evolve(state, happening)
            continue
        try:
            events = decider.decide(happening, state)
        except RetoldError:
            continue
        yield happening, events, state
        state = decider.fold(events, state)
