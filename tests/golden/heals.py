"""What people decide about heals, what becomes of the recording, and what is taken back."""

from datetime import timedelta
from uuid import UUID

from shared.bus import subjects
from shared.contracts.heal_cache import cache_key
from shared.contracts.healer import CachedHealDropped, HealAccepted, HealRecorded, HealRejected
from shared.contracts.ingest import HealAdopted, RevisionUndone
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import HealWithdrawn
from tests.golden.samples import BEGIN, FULL_BUNDLE, ORIGIN, PATH, STEPS
from tests.golden.teller import Story

BUNDLE = LocatorBundle.model_validate({**FULL_BUNDLE, "tag": "button", "id": "store"})


def decisions_about_heals(teller: Story, job: UUID) -> None:
    """One heal is accepted and its recording revised, one is rejected; then the revision is undone."""
    recording_id = teller.id("recording")
    stream = subjects.heals(recording_id)
    adopted, rejected = teller.id("adopted heal"), teller.id("rejected heal")
    adopted_key = cache_key(recording_id, 4, "#save", ORIGIN, f"{PATH}/again")
    rejected_key = cache_key(recording_id, 2, "#name", ORIGIN, f"{PATH}/again")
    heal = HealRecorded(
        heal_id=adopted,
        recording_id=recording_id,
        step_number=4,
        job_id=job,
        row=2,
        method="claude_vision",
        original_selector="#save",
        healed_selector="#store",
        healed_bundle=BUNDLE,
        confidence=88,
        rivals=[{"element": "button “Cancel”", "selector": "#cancel", "confidence": 41}],
        page_origin=ORIGIN,
        page_path=f"{PATH}/again",
        cache_key=adopted_key,
        cached_until=None,
        success=True,
        state="proposed",
        revision=2,
        candidates=214,
        picture_before="ab" * 32,
        picture_after="cd" * 32,
    )
    teller.tell(stream, heal)
    cached = {"heal_id": rejected, "step_number": 2, "cache_key": rejected_key, "healed_selector": "#nickname"}
    told = {"original_selector": "#name", "cached_until": BEGIN + timedelta(days=1), "state": "recorded"}
    teller.tell(stream, heal.model_copy(update={**cached, **told, "method": "fuzzy_match"}))
    decided = {"recording_id": recording_id, "by": "token:2f77668a"}
    accepted = {"step_number": 4, "cache_key": adopted_key, "heal_id": adopted, "healed_selector": "#store"}
    teller.tell(stream, HealAccepted(**decided, **accepted, revision=2, healed_bundle=BUNDLE))
    adoption = {"selector": "#store", "bundle": BUNDLE, "made_on": 2, "revision": 3}
    own = subjects.recording(recording_id)
    teller.tell(own, HealAdopted(**decided, step_number=4, heal_id=adopted, **adoption))
    dropped = CachedHealDropped(recording_id=recording_id, step_number=2, cache_key=rejected_key, reason="rejected")
    teller.tell(stream, HealRejected(**decided, **cached), dropped)
    former = [Step.model_validate(step) for step in STEPS if step["stepNumber"] in (2, 4)]
    teller.tell(own, RevisionUndone(**decided, undone=3, steps=former))


def withdrawals(teller: Story, job: UUID, row: int) -> None:
    """What the row did to two stand-ins, a cached one and one of its own, had no effect."""
    recording_id = teller.id("recording")
    withdrawn = HealWithdrawn(
        job_id=job,
        row=row,
        recording_id=recording_id,
        step_number=4,
        cache_key=cache_key(recording_id, 4, "#save", ORIGIN, f"{PATH}/again"),
        original_selector="#save",
        page_origin=ORIGIN,
        page_path=f"{PATH}/again",
        reason="nothing on the page changed within a second",
    )
    own = withdrawn.model_copy(update={"cache_key": None, "step_number": 2, "original_selector": "#name"})
    for each in (withdrawn, own):
        teller.tell(subjects.row(job, row), each)
