"""What the code tells about every event: its fields, its place in the log, its versions, and who reads it."""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.bus.subjects import Stream
from shared.contracts.catalogue import catalogue
from shared.contracts.vision import ModelAsked
from shared.core.errors import Refused
from shared.core.events import Event

if TYPE_CHECKING:
    from services.cli.desk import Services
    from shared.bus.reactions import Reaction

REF = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Channel:
    """Where the events of a kind of aggregate are published: the subject, its variable parts in braces."""

    name: str
    address: str
    about: str

    @property
    def pattern(self) -> str:
        """The subject with a wildcard in the place of every variable part."""
        return re.sub(r"\{\w+\}", "*", self.address)

    @property
    def parameters(self) -> list[str]:
        """The names of the variable parts."""
        return re.findall(r"\{(\w+)\}", self.address)


_ROW = Stream("row", "{job_id}", "{row}")
_SESSION = Stream("runner", "session", "{session_id}")
CHANNELS = (
    Channel("recording", Stream("ingest", "recording", "{recording_id}").subject(), "A recording's stream."),
    Channel("organization", Stream("ingest", "organization", "{organization_id}").subject(), "An organization's."),
    Channel("url-policies", Stream("ingest", "url_policies", "{organization_id}").subject(), "All its URL policies."),
    Channel("job", Stream("scheduler", "job", "{job_id}").subject(), "A job's stream."),
    Channel("row-commands", _ROW.subject("cmd"), "A row's stream, what the scheduler tells; runners queue here."),
    Channel("row-events", _ROW.subject(), "A row's stream, what its worker tells."),
    Channel("row-questions", _ROW.subject("ask"), "A row's stream, what its worker asks a model; healers queue here."),
    Channel("browser-sessions", _SESSION.subject(), "A recording in a live browser: its begin, its end."),
    Channel("recordings-told", _SESSION.subject("told"), "A recording in a live browser, second by second."),
    Channel("heals", Stream("healer", "heals", "{recording_id}").subject(), "All heals of a recording."),
    Channel("model-calls", Stream("healer", "model", "{job_id}").subject(), "What a model was asked for a job."),
)


@dataclass(frozen=True, slots=True)
class Described:
    """An event type. `upcasters`: from which version, and what it does; `consumers`: durable names, or projections."""

    name: str
    v: int
    owner: str
    channel: Channel
    description: str
    schema: dict[str, Any]
    personal: tuple[str, ...]
    upcasters: tuple[tuple[int, str], ...]
    reactions: tuple[str, ...]
    projections: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "type": self.name,
            "v": self.v,
            "owner": self.owner,
            "subject": self.channel.address,
            "description": self.description,
            "schema": self.schema,
            "personal": list(self.personal),
            "upcasters": [{"from": v, "does": text} for v, text in self.upcasters],
            "reactions": list(self.reactions),
            "projections": list(self.projections),
        }


def describe_all(services: "Services") -> list[Described]:
    """Every event of the catalogue, in the order of the contracts; consumers of the services installed here."""
    reactions = [each for service in services for each in reactions_of(service)]
    projections = [
        (f"{blueprint.name}.{projection.name}", projection.subjects, _names_used(projection.apply))
        for blueprint in _installed(services)
        for projection in blueprint.projections
        if projection.source == "events"
    ]
    described = []
    for event in catalogue():
        channel = channel_of(event)
        described.append(
            Described(
                event.__name__,
                event.v,
                owner_of(event),
                channel,
                _text(event),
                event.model_json_schema(ref_template=REF),
                tuple(event.personal),
                tuple((v, _text(upcaster)) for v, upcaster in sorted(event.upcasters.items())),
                tuple(reaction.durable for reaction in reactions if reaction.event is event),
                tuple(
                    name
                    for name, subjects, used in projections
                    if event.__name__ in used and any(covers(each, channel.pattern) for each in subjects)
                ),
            )
        )
    return described


def owner_of(event: type[Event]) -> str:
    """The service whose contract tells of it, and which alone writes it."""
    contract = event.__module__.rpartition(".")[2]
    if contract == "vision":  # a talk between two: one asks, the other answers
        return "runner" if event is ModelAsked else "healer"
    return "runner" if contract == "live_recording" else contract


def channel_of(event: type[Event]) -> Channel:
    """Where an event is published: by its owner, and by what it is about. Raises `ValueError` when that is not told."""
    by_name = {channel.name: channel for channel in CHANNELS}
    match owner_of(event), re.findall("[A-Z][a-z]*", event.__name__)[0]:
        case "ingest", _ if "recording_id" in event.model_fields:
            return by_name["recording"]
        case "ingest", "Url":
            return by_name["url-policies"]
        case "ingest", _:
            return by_name["organization"]
        case "scheduler", "Job":
            return by_name["job"]
        case "scheduler", "Row":
            return by_name["row-commands"]
        case "runner", "Browser":
            return by_name["browser-sessions"]
        case "runner", "Recording":
            return by_name["recordings-told"]
        case "runner", "Model":
            return by_name["row-questions"]
        case "runner", _:
            return by_name["row-events"]
        case "healer", "Model":
            return by_name["model-calls"]
        case "healer", _:
            return by_name["heals"]
    raise ValueError(f"say in {__name__} where {event.__name__} is published")


def covers(subject_filter: str, pattern: str) -> bool:
    """Whether a filter takes every subject of a pattern."""
    wanted, given = subject_filter.split("."), pattern.split(".")
    for at, part in enumerate(wanted):
        if part == ">":
            return len(given) > at
        if at >= len(given) or part not in ("*", given[at]):
            return False
    return len(wanted) == len(given)


def _text(described: Callable[..., Any] | type[Event]) -> str:
    return " ".join((inspect.getdoc(described) or "").split())


def _names_used(function: Any) -> set[str]:
    """The global names that a function of a module uses, itself or through other functions of the module."""
    found: set[str] = set()
    world, module = function.__globals__, function.__module__
    open_ones = [function.__code__]
    while open_ones:
        code = open_ones.pop()
        open_ones += [inner for inner in code.co_consts if inspect.iscode(inner)]
        for name in set(code.co_names) - found:
            found.add(name)
            used = world.get(name)
            if inspect.isfunction(used) and used.__module__ == module:
                open_ones.append(used.__code__)
    return found


def _installed(services: "Services") -> Iterator[Any]:
    for name in services:
        try:
            yield services[name]()
        except Refused:  # an image holds one service alone
            continue


def reactions_of(service: str) -> "Sequence[Reaction]":
    """What a service reacts to; nothing when it has no consumers, or is not installed here."""
    try:
        consumers = importlib.import_module(f"services.{service}.consumers")
    except ModuleNotFoundError:
        return ()
    # What a reaction is bound to matters when it runs; here only its first three columns are read.
    found: Sequence[Reaction] = consumers.reactions(None)
    return found
