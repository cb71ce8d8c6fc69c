"""WIRING: durable name · subject · event · handler."""

from services.healer.handlers import HealKeeping
from shared.bus.reactions import Reaction
from shared.bus.subjects import ALL_RECORDINGS, ROW_EVENTS
from shared.contracts.ingest import HealAdopted, RecordingEdited, RecordingHealingSet, RecordingTaught, RevisionUndone
from shared.contracts.runner import CachedHealMissed, ElementHealed, HealProposed, HealWithdrawn
from shared.core.events import Event
from shared.runtime import Resources

# Every event that makes a revision of a recording.
REVISED: dict[type[Event], str] = {
    RecordingTaught: "healer-drops-heals-of-recordings-that-were-taught",
    HealAdopted: "healer-drops-heals-of-recordings-that-adopted-one",
    RevisionUndone: "healer-drops-heals-of-recordings-whose-revision-was-undone",
    RecordingHealingSet: "healer-drops-heals-of-recordings-whose-healing-was-set",
    RecordingEdited: "healer-drops-heals-of-recordings-that-were-edited",
}


def reactions(resources: Resources) -> tuple[Reaction, ...]:
    """What the healer reacts to."""
    heals = HealKeeping(resources)
    return (
        Reaction("healer-records-healed-elements", ROW_EVENTS, ElementHealed, heals.record),
        Reaction("healer-records-proposed-heals", ROW_EVENTS, HealProposed, heals.propose),
        Reaction("healer-drops-cached-heals-that-miss", ROW_EVENTS, CachedHealMissed, heals.drop_missed),
        Reaction("healer-drops-heals-without-effect", ROW_EVENTS, HealWithdrawn, heals.drop_withdrawn),
        *(Reaction(durable, ALL_RECORDINGS, event, heals.drop_revised) for event, durable in REVISED.items()),
    )
