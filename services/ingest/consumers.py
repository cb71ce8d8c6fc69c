"""WIRING: durable name · subject · event · handler."""

from functools import partial

from services.ingest import handlers
from shared.bus.reactions import Reaction
from shared.bus.subjects import ALL_HEALS, BROWSER_SESSIONS, ROW_EVENTS
from shared.contracts.healer import HealAccepted
from shared.contracts.live_recording import BrowserSessionEnded
from shared.contracts.runner import BundlesLearned
from shared.runtime import Resources


def reactions(resources: Resources) -> tuple[Reaction, ...]:
    """What ingest reacts to."""
    return (
        Reaction(
            "ingest-teaches-recordings-what-runs-saw",
            ROW_EVENTS,
            BundlesLearned,
            partial(handlers.teach_recording, resources),
        ),
        Reaction(
            "ingest-adopts-heals-that-people-accept",
            ALL_HEALS,
            HealAccepted,
            partial(handlers.adopt_heal, resources),
        ),
        Reaction(
            "ingest-keeps-what-was-recorded-live",
            BROWSER_SESSIONS,
            BrowserSessionEnded,
            partial(handlers.keep_live_recording, resources),
        ),
    )
