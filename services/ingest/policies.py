"""PURE: whenever this event, then this command."""

from services.ingest.aggregates.recording import TeachRecording
from shared.contracts.runner import BundlesLearned


def whenever_bundles_are_learned(event: BundlesLearned) -> TeachRecording:
    """A successful run teaches the recording it ran."""
    return TeachRecording(event.recording_id, event.taught)
