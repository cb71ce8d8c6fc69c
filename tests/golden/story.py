"""A log in which every event of the catalogue occurs, in an order that could happen."""

from datetime import timedelta
from uuid import UUID

from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.contracts.heal_cache import cache_key
from shared.contracts.healer import CachedHealDropped, HealRecorded
from shared.contracts.ingest import (
    FidelityNote,
    OrganizationErased,
    OrganizationFounded,
    RecordingImported,
    RecordingTaught,
    TeamFormed,
    TeamJoined,
    UrlPolicyAdded,
    UrlPolicyChanged,
    UrlPolicyRemoved,
    UserInvited,
    VariablesRevised,
)
from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.runner import (
    ArtifactKept,
    BundlesLearned,
    CachedHealMissed,
    ElementHealed,
    StepIntended,
    Taught,
    UrlRefused,
)
from shared.contracts.scheduler import (
    JobEnded,
    JobRowsAdded,
    JobSubmitted,
)
from tests.golden.edits import edits
from tests.golden.heals import decisions_about_heals, withdrawals
from tests.golden.jobs import (
    automation_job,
    created,
    dispatch,
    job_that_is_cancelled,
    job_whose_worker_is_lost,
    start,
)
from tests.golden.live import recordings_in_live_browsers
from tests.golden.reviews import job_in_review
from tests.golden.samples import (
    BEGIN,
    EVIDENCE,
    FULL_BUNDLE,
    ORIGIN,
    PATH,
    STEPS,
    VARIABLES,
    finished,
    rows,
    step_result,
)
from tests.golden.teller import Story
from tests.golden.vision import questions_to_a_model


def story(name: str = "first") -> list[Append]:
    """All that happens, in order."""
    teller = Story(name)
    _people(teller)
    _organization_that_is_erased(teller)
    _url_policies(teller)
    _recording(teller)
    _job_that_heals(teller)
    job_that_is_cancelled(teller)
    job_whose_worker_is_lost(teller)
    automation_job(teller)
    job_in_review(teller)
    recordings_in_live_browsers(teller)
    return teller.told


def _people(teller: Story) -> None:
    org, owner, team = teller.context.org, teller.id("owner"), teller.id("team")
    stream = subjects.organization(org)
    teller.tell(
        stream,
        OrganizationFounded(
            organization_id=org, name=f"Analytical Engines {teller.name}", owner_id=owner, owner_email="ada@crm.example"
        ),
    )
    grace = teller.id("grace")
    teller.tell(stream, UserInvited(user_id=grace, email="grace@crm.example", role="member"))
    teller.tell(
        stream,
        TeamFormed(team_id=team, name="Back office", slug="back-office", owner_id=owner),
        TeamJoined(team_id=team, user_id=owner, role="owner"),
    )
    teller.tell(stream, TeamJoined(team_id=team, user_id=grace, role="viewer"))
    teller.tell(stream, TeamJoined(team_id=team, user_id=grace, role="admin"))


def _organization_that_is_erased(teller: Story) -> None:
    org, owner = teller.id("erased organization"), teller.id("its owner")
    other = Story(f"{teller.name} erased", teller.told)
    other.context = Context(org, "token:2f77668a", f"story-{teller.name}")
    stream = subjects.organization(org)
    other.tell(
        stream,
        OrganizationFounded(organization_id=org, name="Gone", owner_id=owner, owner_email="charles@crm.example"),
    )
    other.tell(stream, OrganizationErased(organization_id=org))


def _url_policies(teller: Story) -> None:
    stream = subjects.url_policies(teller.context.org)
    kept, removed = teller.id("kept policy"), teller.id("removed policy")
    policy = UrlPolicyAdded(
        policy_id=kept,
        pattern="https://crm.example/admin/*",
        type="blacklist",
        description="no row has business there",
        is_active=True,
        metadata={"ticket": "SEC-7"},
    )
    teller.tell(stream, policy)
    other = {"policy_id": removed, "pattern": "*.example", "type": "whitelist", "description": None, "metadata": None}
    teller.tell(stream, policy.model_copy(update=other))
    teller.tell(
        stream, UrlPolicyChanged(policy_id=kept, description="asked for by Ada", is_active=False, metadata={"a": [1]})
    )
    teller.tell(stream, UrlPolicyRemoved(policy_id=removed))


def _recording(teller: Story) -> None:
    recording_id = teller.id("recording")
    teller.tell(
        subjects.recording(recording_id),
        RecordingImported(
            recording_id=recording_id,
            user_id=teller.id("owner"),
            name="Add a person – ünïcode 人",
            description="As done every Monday",
            starting_url=ORIGIN + PATH,
            steps=[Step.model_validate(step) for step in STEPS],
            variables={label: Variable.model_validate(variable) for label, variable in VARIABLES.items()},
            recording_method="extension",
            source="chrome_recorder",
            fidelity=[
                FidelityNote(step_number=4, source_index=5, kind="changed", detail="a double click became a click")
            ],
        ),
    )


def _variables(teller: Story) -> None:
    recording_id = teller.id("recording")
    name = Variable.model_validate({**VARIABLES["Name"], "csvColumn": "Full name"})
    variables = {"Name": name, "Password": Variable.model_validate(VARIABLES["Password"])}
    named = VariablesRevised(recording_id=recording_id, variables=variables, by="token:2f77668a")
    teller.tell(subjects.recording(recording_id), named)


def _job_that_heals(teller: Story) -> None:
    job = teller.id("job")
    stream = subjects.job(job)
    teller.tell(stream, created(teller, job))
    teller.tell(stream, JobRowsAdded(job_id=job, first_row=0, rows=rows(["Ada", 'Grace "Amazing"\nHopper'])))
    teller.tell(stream, JobRowsAdded(job_id=job, first_row=2, rows=rows(["Edsger"])))
    teller.tell(stream, JobSubmitted(job_id=job))
    for row in (0, 1):
        dispatch(teller, job, row)
    _row_that_heals(teller, job)
    _row_that_fails_then_succeeds(teller, job)
    dispatch(teller, job, 2)
    _row_that_uses_the_cache(teller, job)
    decisions_about_heals(teller, job)
    _variables(teller)
    edits(teller)
    teller.tell(stream, JobEnded(job_id=job, status="completed", successful=2, failed=1, skipped=0))


def _row_that_heals(teller: Story, job: UUID) -> None:
    stream, recording_id = subjects.row(job, 0), teller.id("recording")
    start(teller, job, 0)
    questions_to_a_model(teller, job)
    healed = ElementHealed(
        job_id=job,
        row=0,
        recording_id=recording_id,
        step_number=4,
        method="fuzzy_match",
        original_selector="#save",
        healed_selector="button[name=submit]",
        healed_bundle=LocatorBundle.model_validate({**FULL_BUNDLE, "tag": "button"}),
        confidence=93,
        rivals=[{"selector": "#cancel", "score": 41}],
        page_origin=ORIGIN,
        page_path=PATH,
        success=True,
        error_message=None,
    )
    teller.tell(stream, healed)
    _heal_recorded(teller, healed, "heal")
    missed = healed.model_copy(
        update={"step_number": 2, "success": False, "healed_selector": None, "healed_bundle": None, "confidence": 60}
        | {"error_message": "nothing on the page was certain enough"}
    )
    teller.tell(stream, missed)
    _heal_recorded(teller, missed, "missed heal")
    teller.tell(stream, StepIntended(job_id=job, row=0, attempt=1, step_number=4, action="click"))
    refusal = {"url": "http://169.254.169.254/latest", "rule": "169.254.169.254 gives credentials away"}
    teller.tell(stream, UrlRefused(job_id=job, row=0, attempt=1, step_number=4, reason="metadata", **refusal))
    taught = [
        Taught(
            step_number=4,
            bundle=LocatorBundle.model_validate({**FULL_BUNDLE, "tag": "button"}),
            element_tag="button",
            element_type="submit",
        )
    ]
    learned = BundlesLearned(recording_id=recording_id, revision=1, taught=taught)
    kept = ArtifactKept(
        job_id=job,
        row=0,
        attempt=1,
        kind="screenshot",
        name="step-4-after.jpg",
        step_number=4,
        digest="cd" * 32,
        media_type="image/jpeg",
        size=15_432,
    )
    steps = [step_result(2), step_result(4, warning="the title is not “Added”", evidence=EVIDENCE)]
    ended = finished(job, 0, status="success", final=True, steps=steps, extracted={"customer number": "10442"})
    teller.tell(stream, kept, learned, ended)
    teller.tell(
        subjects.recording(recording_id), RecordingTaught(recording_id=recording_id, taught=taught, job_id=job, row=0)
    )


def _heal_recorded(teller: Story, healed: ElementHealed, name: str) -> None:
    key = _key(teller, healed.step_number, healed.original_selector)
    teller.tell(
        subjects.heals(healed.recording_id),
        HealRecorded(
            **healed.model_dump(exclude={"healed_bundle"}),
            healed_bundle=healed.healed_bundle,
            heal_id=teller.id(name),
            cache_key=key,
            cached_until=BEGIN + timedelta(days=1) if healed.success else None,
        ),
    )


def _key(teller: Story, step_number: int, selector: str) -> str:
    return cache_key(teller.id("recording"), step_number, selector, ORIGIN, PATH)


def _row_that_fails_then_succeeds(teller: Story, job: UUID) -> None:
    stream = subjects.row(job, 1)
    start(teller, job, 1)
    failed_step = step_result(
        4,
        status="failed",
        found_by="healed",
        cache_key=_key(teller, 4, "#save"),
        healing_attempted=True,
        healing_success=False,
        error_type="element_not_found",
        error="nothing on the page is the button Save",
        evidence=EVIDENCE,
    )
    teller.tell(
        stream,
        finished(
            job,
            1,
            steps=[step_result(2), failed_step],
            error_type="element_not_found",
            error_message="step 4: nothing on the page is the button Save",
            failed_step=4,
            screenshot="ab" * 32,
            extracted={"customer number": "10442"},
        ),
    )
    dispatch(teller, job, 1, attempt=2)
    start(teller, job, 1, attempt=2)
    teller.tell(stream, finished(job, 1, attempt=2, status="success", final=True, steps=[step_result(2)]))


def _row_that_uses_the_cache(teller: Story, job: UUID) -> None:
    stream, recording_id, key = subjects.row(job, 2), teller.id("recording"), _key(teller, 4, "#save")
    start(teller, job, 2)
    withdrawals(teller, job, 2)
    cached = step_result(4, found_by="cached", cache_key=key, strategy="cached")
    unknown = {"error_type": "outcome_unknown", "error_message": "the worker was lost at step 4", "failed_step": 4}
    missed = CachedHealMissed(job_id=job, row=2, recording_id=recording_id, step_number=4, cache_key=key)
    teller.tell(stream, missed)
    teller.tell(stream, finished(job, 2, final=True, steps=[cached], **unknown))
    dropped = CachedHealDropped(recording_id=recording_id, step_number=4, cache_key=key, reason="missed")
    if teller.name != "first":  # the first organization's cache stays filled
        teller.tell(subjects.heals(recording_id), dropped)
    else:
        other = _key(teller, 2, "#nothing")
        teller.tell(subjects.heals(recording_id), dropped.model_copy(update={"cache_key": other, "step_number": 2}))
