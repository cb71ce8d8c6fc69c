"""WIRING: durable name · subject · event · handler."""

from functools import partial

from services.healer import handlers
from shared.bus.reactions import Reaction
from shared.bus.subjects import ROW_EVENTS
from shared.contracts.runner import CachedHealMissed, ElementHealed
from shared.runtime import Resources


def reactions(resources: Resources) -> tuple[Reaction, ...]:
    """What the healer reacts to."""
    return (
        Reaction("healer-records-healed-elements", ROW_EVENTS, ElementHealed, partial(handlers.record_heal, resources)),
        Reaction(
            "healer-drops-cached-heals-that-miss",
            ROW_EVENTS,
            CachedHealMissed,
            partial(handlers.drop_cached_heal, resources),
        ),
    )
