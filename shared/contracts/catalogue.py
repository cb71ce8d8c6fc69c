"""All events of the platform in one catalogue."""

from shared.contracts import healer, ingest, runner, scheduler, vision
from shared.core.events import Catalogue


def catalogue() -> Catalogue:
    """Every event that can stand in the log."""
    return Catalogue(ingest.EVENTS, scheduler.EVENTS, runner.EVENTS, healer.EVENTS, vision.EVENTS)
