"""SHELL: ad-hoc automation jobs (document E): one address and a list of actions make a job of one row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from services.scheduler.aggregates.job import HIGHEST_PRIORITY
from services.scheduler.handlers import NewJob, refuse_missing_browser
from shared.actions import Translation, translate
from shared.actions.given import StepFields, fields
from shared.bus import subjects
from shared.contracts.browsers import BROWSER_TYPES, browser_type
from shared.contracts.option_words import job_options, read_options
from shared.contracts.recording import Step
from shared.contracts.runner import ArtifactKept
from shared.contracts.scheduler import OWN_STEPS, Automation, JobCreated, JobOptions
from shared.contracts.steps import event_of
from shared.contracts.url_policies import url_policies_of
from shared.core.errors import Fault, InvalidInput, TooLarge
from shared.core.events import Recorded
from shared.runtime import Resources
from shared.url_policy import Pattern, Rules, judge_url
from shared.web.callers import Caller

Wanted = Literal["screenshot", "pdf", "video", "trace", "data"]
AutomationStatus = Literal["pending", "processing", "completed", "failed", "cancelled"]
STATUSES: tuple[str, ...] = get_args(AutomationStatus)
ADDRESSES = frozenset({"navigate", "new_tab"})
# Only runners know which private addresses their operator opens: here these are judged as if all were open.
OPEN = (Pattern("*", host="*"),)
LEFT_TO_RUNNERS = "metadata"
LONGEST_FILES = 5 * 1024**2
LONGEST_NAME = 255


class AutomationRequest(BaseModel):
    """What a person asks for; keys in the spellings of document E and of JavaScript."""

    model_config = ConfigDict(extra="allow")
    target_url: str = Field(validation_alias=AliasChoices("target_url", "targetUrl", "url"), max_length=8192)
    actions: list[Any] = Field(default_factory=list, description="see docs/how-to/automation-jobs.md")
    wait_until: Literal["load", "domcontentloaded", "networkidle"] = Field(
        "networkidle", validation_alias=AliasChoices("wait_until", "waitUntil")
    )
    browser_type: str = Field(
        "chromium-desktop",
        validation_alias=AliasChoices("browser_type", "browserType", "browser_type_id", "browserTypeId", "browser"),
        description="an id or a name of /runner/v1/browser-types",
    )
    priority: int = Field(0, ge=0, le=HIGHEST_PRIORITY)
    max_retries: int = Field(3, ge=0, le=10, validation_alias=AliasChoices("max_retries", "maxRetries"))
    timeout_ms: int = Field(
        30_000, ge=1000, le=3_600_000, validation_alias=AliasChoices("timeout_ms", "timeoutMs", "timeout")
    )
    artifacts: list[Wanted] = Field(default_factory=list, description="what is kept of the page at the end")
    name: str | None = Field(None, max_length=LONGEST_NAME)
    options: dict[str, Any] = Field(default_factory=dict, description="further options, as those of a job")

    @field_validator("wait_until", mode="before")
    @classmethod
    def _in_any_spelling(cls, given: Any) -> Any:
        return given.strip().lower().rstrip("02") if isinstance(given, str) else given

    @field_validator("artifacts", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return [each for each in given.split(",") if each] if isinstance(given, str) else given

    @field_validator("browser_type", mode="before")
    @classmethod
    def _by_id_or_name(cls, given: Any) -> Any:
        known = next((each.key for each in BROWSER_TYPES if str(each.id) == str(given).strip()), None)
        return known or browser_type(str(given)).key


async def plan_automation(
    resources: Resources, caller: Caller, wanted: AutomationRequest, job_id: UUID
) -> tuple[NewJob, list[str]]:
    """The job, checked, with its steps; and what of the request was left out.

    Raises `InvalidInput` that names each action at fault, `TooLarge`, `Refused`.
    """
    translated = translate(wanted.target_url, wanted.actions)
    translated.add(list(_at_the_end(wanted, translated)))
    if sum(map(len, translated.files.values())) > LONGEST_FILES:
        raise TooLarge(f"the files of the actions are over {LONGEST_FILES // 1024**2} MiB")
    await _refuse_addresses(resources, caller, translated.steps)
    options = options_of(wanted)
    await refuse_missing_browser(resources, options)
    for content in translated.files.values():
        await resources.objects.put(caller.org, content)
    labels = list(translated.secrets)
    created = JobCreated(
        job_id=job_id,
        user_id=caller.user_id,
        recording_id=job_id,
        recording_name=wanted.name or wanted.target_url[:LONGEST_NAME],
        revision=OWN_STEPS,
        columns=labels,
        field_mapping={label: label for label in labels},
        unmapped=[],
        secret_columns=labels,
        total_rows=1,
        concurrency=1,
        stop_on_error=False,
        options=options,
        priority=wanted.priority,
        automation=Automation(target_url=wanted.target_url, actions=translated.actions, steps=translated.steps),
    )
    unknown = [f'"{name}" is not known, and was left out' for name in wanted.model_extra or {}]
    return NewJob(created, [translated.secrets]), [*unknown, *translated.notes]


def options_of(wanted: AutomationRequest) -> JobOptions:
    """How the row is run. Who allows it to be tried again after a failure, allows it after an unknown end as well."""
    usual = JobOptions(
        wait_until=wanted.wait_until,
        row_timeout=wanted.timeout_ms,
        max_retries=wanted.max_retries,
        browser=wanted.browser_type,
        video="on" if "video" in wanted.artifacts else "off",
        trace="on" if "trace" in wanted.artifacts else "off",
    )
    options = job_options(wanted.options, usual)
    if "on_unknown" in read_options(wanted.options):
        return options
    return options.model_copy(update={"on_unknown": "rerun" if options.max_retries else "fail"})


def _at_the_end(wanted: AutomationRequest, translated: Translation) -> Iterator[StepFields]:
    """Steps that keep what is wanted of the page; `data` without an action that takes some: what the page says."""
    if "data" in wanted.artifacts and not translated.names_taken:
        for what in ("title", "url", "text"):
            yield fields("extract", extract={"name": what, "what": what})
    if "screenshot" in wanted.artifacts:
        yield fields("screenshot", name="page", wholePage=True)
    if "pdf" in wanted.artifacts:
        yield fields("pdf", name="page")


async def _refuse_addresses(resources: Resources, caller: Caller, steps: Sequence[Step]) -> None:
    """What the organization's URL policies refuse is not even begun; the runner judges every request again."""
    recorded = await resources.log.load(subjects.url_policies(caller.org))
    policies = url_policies_of(item.event for item in recorded if item.org == caller.org).values()
    rules = Rules.of(((each.type, each.pattern) for each in policies if each.is_active), OPEN)
    for index, step in enumerate(steps):
        if event_of(step) not in ADDRESSES or not step.value or step.metadata.get("interpolate"):
            continue
        refusal = judge_url(rules, step.value)
        detail = refusal.detail if refusal is not None and refusal.reason != LEFT_TO_RUNNERS else None
        if urlsplit(step.value).scheme not in ("http", "https"):
            detail = f"{step.value[:80]!r} is not an http or https address"
        if detail is not None:
            raise InvalidInput(detail, [Fault("/actions" if index else "/target_url", detail)])


def shown(job: Mapping[str, Any]) -> dict[str, Any]:
    """A job's row of the read model, with the name of its browser."""
    key = next((each.key for each in BROWSER_TYPES if each.id == job["browser_type_id"]), None)
    return {**job, "browser_type": key}


def artifacts_of(events: Sequence[Recorded]) -> list[dict[str, Any]]:
    """The files that a row left behind, in document E's words, and where each is served."""
    return [
        {
            "artifact_type": event.kind,
            "file_name": event.name,
            "file_path": f"/runner/v1/files/{event.digest}",
            "mime_type": event.media_type,
            "size_bytes": event.size,
            "step_number": event.step_number,
            "attempt": event.attempt,
            "created_at": item.at,
        }
        for item in events
        if isinstance(event := item.event, ArtifactKept)
    ]
