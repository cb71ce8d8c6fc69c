"""PURE: whenever this event, then this command."""

from collections.abc import Sequence
from uuid import UUID

from services.ingest.aggregates.recording import AdoptHeal, TeachRecording
from shared.contracts.healer import HealAccepted
from shared.contracts.recording import Step
from shared.contracts.runner import BundlesLearned


def whenever_bundles_are_learned(
    event: BundlesLearned, job_id: UUID, row: int, before: Sequence[Step]
) -> TeachRecording:
    """A successful run teaches the recording it ran. `before`: its steps as of the revision that it ran."""
    return TeachRecording(event.recording_id, event.taught, job_id, row, before)


def whenever_a_heal_is_accepted(event: HealAccepted, before: Step | None) -> AdoptHeal | None:
    """The recording gets its locators; nothing for a job's own steps. `before`: the step that the heal was made on."""
    if event.revision is None or before is None:
        return None
    return AdoptHeal(
        recording_id=event.recording_id,
        step_number=event.step_number,
        heal_id=event.heal_id,
        made_on=event.revision,
        before=before,
        selector=event.healed_selector,
        bundle=event.healed_bundle,
        by=event.by,
    )
