"""An event: an immutable fact, named in the past tense, with the version of its shape."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.core.time_and_ids import derived_id

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class Event(BaseModel):
    """Parent of every event. Its class name is its type.

    `v` counts the shapes it has had; `upcasters[n]` makes shape n+1 of shape n. A shape once written is
    never edited: `tests/golden` holds one file of each. `personal`: paths of the values that may tell of a
    person or are otherwise for the organization alone (see `shared.core.personal`); they are sealed on the wire.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    v: ClassVar[int] = 1
    upcasters: ClassVar[Mapping[int, Upcaster]] = {}
    personal: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the log holds it. `position` is the log's sequence; events of one append share it and `message`."""

    position: int
    index: int
    message: UUID
    subject: str
    at: datetime
    org: UUID
    actor: str
    correlation: str
    cause: str | None
    event: Event

    @property
    def id(self) -> UUID:
        """The event's own id, the same in every copy of the log."""
        return derived_id(self.message, self.index)


class Catalogue:
    """Every event type that a reader may meet; two types of one name are refused at start."""

    def __init__(self, *groups: Iterable[type[Event]]) -> None:
        self._types: dict[str, type[Event]] = {}
        for event_type in (event_type for group in groups for event_type in group):
            name = event_type.__name__
            if self._types.setdefault(name, event_type) is not event_type:
                raise ValueError(f"two events are named {name}")
            if set(event_type.upcasters) != set(range(1, event_type.v)):
                raise ValueError(f"{name} is at version {event_type.v} and lacks an upcaster")

    def __contains__(self, type_name: str) -> bool:
        return type_name in self._types

    def __iter__(self) -> Iterator[type[Event]]:
        return iter(self._types.values())

    def is_today(self, type_name: str, v: int) -> bool:
        """Whether a version needs no upcaster."""
        return v >= self._types[type_name].v

    def read(self, type_name: str, payload: bytes | memoryview) -> Event:
        """The event from JSON in today's shape, or a later one."""
        return self._types[type_name].model_validate_json(bytes(payload))

    def revive(self, type_name: str, v: int, data: dict[str, Any]) -> Event:
        """The event in today's shape. A version from the future is read as today's, unknown keys ignored."""
        event_type = self._types[type_name]
        for version in range(v, event_type.v):
            data = event_type.upcasters[version](data)
        return event_type.model_validate(data)
