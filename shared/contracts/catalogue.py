"""All events of the platform in one catalogue."""

from shared.contracts import healer, ingest, live_recording, runner, scheduler, vision
from shared.core.events import Catalogue


def catalogue() -> Catalogue:
    """Every event that can stand in the log."""
    of_runner = (*runner.EVENTS, *live_recording.EVENTS)
    return Catalogue(ingest.EVENTS, scheduler.EVENTS, of_runner, healer.EVENTS, vision.EVENTS)
