"""A job in review mode: rows that wait for a person's answer about a stand-in."""

from uuid import UUID

from shared.bus import subjects
from shared.contracts.heal_cache import cache_key
from shared.contracts.healer import HealAccepted, HealRejected
from shared.contracts.ingest import RecordingHealingSet
from shared.contracts.recording import LocatorBundle
from shared.contracts.runner import NOT_REVIEWED, HealProposed
from shared.contracts.scheduler import JobOptions, JobRowsAdded, JobSubmitted
from tests.golden.jobs import created, dispatch, start
from tests.golden.samples import FULL_BUNDLE, ORIGIN, PATH, finished, rows
from tests.golden.teller import Story

SELECTORS = ("button[name=submit]", "button[name=submit]", "#keep", "#keep", "button[name=submit]")


def job_in_review(teller: Story) -> None:
    """Rows 0 and 4 are accepted, one of them after it had given its browser up; 1 waits again, 2 and 3 still."""
    job, recording_id = teller.id("job in review"), teller.id("recording")
    teller.tell(
        subjects.recording(recording_id),
        RecordingHealingSet(recording_id=recording_id, step_number=4, mode="review", threshold=85),
    )
    options = JobOptions(healing="review", heal_review_seconds=60)
    stream = subjects.job(job)
    teller.tell(stream, created(teller, job, total_rows=5, concurrency=5, rerun_of=None, options=options))
    teller.tell(stream, JobRowsAdded(job_id=job, first_row=0, rows=rows(["Ada", "Grace", "Edsger", "Tony", "Adele"])))
    teller.tell(stream, JobSubmitted(job_id=job))
    for row, selector in enumerate(SELECTORS):
        dispatch(teller, job, row)
        start(teller, job, row)
        teller.tell(subjects.row(job, row), _proposed(teller, job, row, selector))
    for row in (3, 4):
        why = "nobody decided within 60 s about the stand-in that was found; the row starts anew once somebody has"
        teller.tell(subjects.row(job, row), finished(job, row, error_type=NOT_REVIEWED, error_message=why))
    accepted = _proposed(teller, job, 0, SELECTORS[0])
    decided = {
        name: getattr(accepted, name) for name in ("recording_id", "step_number", "cache_key", "healed_selector")
    }
    teller.tell(
        subjects.heals(recording_id),
        HealAccepted(
            **decided,
            heal_id=accepted.proposal_id,
            revision=1,
            healed_bundle=LocatorBundle.model_validate(FULL_BUNDLE),
            by="token:2f77668a",
        ),
    )
    rejected = {**decided, "healed_selector": "#other", "heal_id": teller.id("rejected proposal")}
    teller.tell(subjects.heals(recording_id), HealRejected(**rejected, by="token:2f77668a"))
    teller.tell(subjects.row(job, 0), finished(job, 0, status="success", final=True))
    dispatch(teller, job, 4, attempt=2)
    start(teller, job, 1)  # its worker had vanished: it asks anew
    teller.tell(subjects.row(job, 1), _proposed(teller, job, 1, "#another"))
    # Rows 1 and 2 wait with their browsers, row 3 without.


def _proposed(teller: Story, job: UUID, row: int, selector: str) -> HealProposed:
    recording_id = teller.id("recording")
    return HealProposed(
        job_id=job,
        row=row,
        attempt=1,
        recording_id=recording_id,
        revision=1,
        proposal_id=teller.id("proposal", selector),
        cache_key=cache_key(recording_id, 4, "#save", ORIGIN, PATH),
        step_number=4,
        method="fuzzy_match",
        original_selector="#save",
        healed_selector=selector,
        healed_bundle=LocatorBundle.model_validate({**FULL_BUNDLE, "tag": "button"}),
        confidence=88,
        rivals=[{"selector": "#cancel", "score": 41}],
        page_origin=ORIGIN,
        page_path=PATH,
        candidates=12,
        picture_before="ab" * 32,
        picture_after=None,
    )
