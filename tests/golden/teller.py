"""Tells a story: what happens to one organization, decision by decision."""

from dataclasses import dataclass, field
from uuid import UUID

from shared.bus.log import ANY_SEQUENCE, Append, Context
from shared.bus.subjects import Stream
from shared.core.events import Event
from shared.core.time_and_ids import derived_id


@dataclass
class Story:
    """What happens to one organization; the same name tells the same story."""

    name: str
    told: list[Append] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = Context(self.id("organization"), "token:2f77668a", f"story-{self.name}")

    def id(self, *parts: object) -> UUID:
        """The id of something in this story."""
        return derived_id("story", self.name, *parts)

    def tell(self, stream: Stream, *events: Event, kind: str = "evt") -> None:
        """One decision."""
        command_id = f"{self.name}-{len(self.told)}"
        self.told.append(Append(stream, events, ANY_SEQUENCE, command_id, self.context, kind))
