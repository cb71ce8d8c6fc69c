"""What a row leaves behind: files, extracted values, evidence; as events, as files, and as document D's views."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.runner.adapters.driver_terms import WindowRemains
from services.runner.adapters.no_browser import EmptySession, NoBrowsers
from services.runner.adapters.options import Artifact, Hooks, SessionOptions, StepOptions
from services.runner.main import BLUEPRINT
from services.runner.projections import ARTIFACTS, RESULTS
from shared.bus import subjects
from shared.contracts.recording import Step
from shared.contracts.runner import ArtifactKept, NetworkRequest, RowFinished, StepEvidence, StepResult
from shared.core.errors import NotFound
from shared.runtime import Resources
from shared.testing.projecting import project_all
from tests.conftest import opening_resources, stack_in_a_folder
from tests.integration.runner.test_worker import CONTEXT, LEASE_SECONDS, Job, new_job, working

CLICK = {"event": "click", "selector": "#go", "bundle": {}, "navigation": {"type": "same_page"}}
OPEN = {"event": "navigate", "value": "http://crm.example/", "bundle": {}, "navigation": {"type": "navigation"}}
STEPS: list[dict[str, Any]] = [{**OPEN, "stepNumber": 1}, {**CLICK, "stepNumber": 2}]


class Telling(EmptySession):
    """The second step extracts a value and keeps a file, or fails."""

    browser = "chromium 156.0.8078.79"
    fails = False

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        if step.step_number == 1:
            return StepResult(step_number=1, status="completed", duration=31, locating_us=12)
        if self.fails:
            network = [NetworkRequest(method="GET", url="http://crm.example/", kind="document", status=200, ms=3)]
            seen = StepEvidence(page_url="http://crm.example/", suggested_selectors=["#send"], network=network)
            given = {"error_type": "not_found", "error": "no button", "retries": 2, "evidence": seen}
            return StepResult(step_number=2, status="failed", duration=900, **given)  # type: ignore[arg-type]
        self.extracted["order"] = "10442"
        await hooks.artifact(Artifact("pdf", "../../order 10442.pdf", b"%PDF-1.7", "application/pdf", 2))
        return StepResult(step_number=2, status="completed", duration=9, strategy="id", found_by="recorded")

    async def screenshot(self) -> bytes:
        return b"\xff\xd8 a picture"

    async def page_source(self) -> str:
        return "<h1>Orders</h1>"


class Failing(Telling):
    fails = True


class Recording(NoBrowsers):
    """Leaves a trace and a video of each row that asks for them."""

    folder: Path

    def session(self, options: SessionOptions | None = None, *others: Any) -> Any:
        return self._recorded(options or SessionOptions())

    @asynccontextmanager
    async def _recorded(self, options: SessionOptions) -> AsyncIterator[EmptySession]:
        trace, video = self.folder / "trace.zip", self.folder / "video.webm"
        trace.write_bytes(b"PK trace")
        video.write_bytes(b"webm video")
        try:
            yield self._session_type()
        finally:
            if options.keep is not None:
                videos = (video,) if options.video else ()
                await options.keep(WindowRemains(trace if options.trace else None, videos))


@pytest.fixture(scope="module")
async def resources() -> AsyncIterator[Resources]:
    async with stack_in_a_folder() as stack, opening_resources(stack) as open_one:
        opened = await open_one(BLUEPRINT)
        settings = opened.settings.model_copy(update={"lease_seconds": LEASE_SECONDS, "slots": 2})
        yield replace(opened, settings=settings)


async def ran(resources: Resources, fleet: NoBrowsers, **options: Any) -> tuple[Job, RowFinished, list[ArtifactKept]]:
    job = await new_job(resources, STEPS, **options)
    async with working(resources, fleet):
        await job.dispatch()
        finished = await job.finished()
    events = await resources.log.load(subjects_of(job))
    together = [item.event for item in events if item.position == events[-1].position]
    assert together[-1] == finished
    return job, finished, [event for event in together if isinstance(event, ArtifactKept)]


def subjects_of(job: Job) -> Any:
    return subjects.row(job.id, 0)


async def test_files_and_values_are_told_together_with_the_rows_end(resources):
    _, finished, kept = await ran(resources, NoBrowsers(Telling))
    assert (finished.extracted, finished.total_steps, finished.browser) == ({"order": "10442"}, 2, Telling.browser)
    assert [(each.kind, each.name, each.step_number, each.size) for each in kept] == [
        ("pdf", "order 10442.pdf", 2, 8),
        ("data", "extracted.json", None, kept[1].size),
    ]
    assert await resources.objects.get(CONTEXT.org, kept[0].digest) == b"%PDF-1.7"
    assert json.loads(await resources.objects.get(CONTEXT.org, kept[1].digest)) == {"order": "10442"}


async def test_a_healthy_row_without_options_leaves_nothing(resources):
    _, finished, kept = await ran(resources, NoBrowsers())
    assert kept == []
    assert [step.evidence for step in finished.steps] == [None, None]
    assert finished.extracted is None


async def test_a_failure_is_pictured(resources):
    _, finished, kept = await ran(resources, NoBrowsers(Failing))
    evidence = finished.steps[-1].evidence
    assert evidence is not None
    assert finished.screenshot == evidence.screenshot_error == kept[0].digest
    assert evidence.dom_snapshot == kept[1].digest
    assert await resources.objects.get(CONTEXT.org, kept[1].digest) == b"<h1>Orders</h1>"


async def test_a_failure_is_not_pictured_where_the_job_says_so(resources):
    _, finished, kept = await ran(resources, NoBrowsers(Failing), screenshot_on_error=False)
    assert (finished.screenshot, kept) == (None, [])


@pytest.mark.parametrize(
    ("kind", "options", "kept"),
    [
        (EmptySession, {}, []),
        (EmptySession, {"trace": "on", "video": "on"}, ["trace", "video"]),
        (EmptySession, {"trace": "on_failure"}, []),
        (Failing, {"trace": "on_failure"}, ["trace"]),
        (EmptySession, {"trace": "on_retry"}, []),
    ],
)
async def test_traces_and_videos_are_kept_as_wished(resources, tmp_path, kind, options, kept):
    fleet = Recording(kind)
    fleet.folder = tmp_path
    _, _, files = await ran(resources, fleet, screenshot_on_error=False, **options)
    assert [each.kind for each in files] == kept


async def test_a_row_goes_on_where_the_store_takes_no_file(resources):
    class Refusing(type(resources.objects)):  # type: ignore[misc]
        async def put(self, org: Any, content: bytes) -> str:
            raise NotFound("the store is gone")

    without = replace(resources, objects=Refusing(resources.objects.store.url))
    _, finished, kept = await ran(without, NoBrowsers(Telling))
    assert (finished.status, kept, finished.extracted) == ("success", [], {"order": "10442"})


async def test_the_read_models_show_it_under_the_documents_names(resources):
    job, finished, kept = await ran(resources, NoBrowsers(Failing), video="on_failure", max_inactivity=7)
    for projection in (RESULTS, ARTIFACTS):
        await project_all(resources, projection)
    async with resources.database.tenant(CONTEXT.org) as connection:
        session = await connection.fetchrow(
            "select s.* from playback_sessions s join execution_results r using (id) where r.execution_job_id = $1",
            job.id,
        )
        steps = await connection.fetch(
            "select * from playback_step_results where session_id = $1 order by step_number", session["id"]
        )
        artifacts = await connection.fetch("select * from job_artifacts where job_id = $1", job.id)
    assert {each["artifact_type"] for each in artifacts} == {"screenshot", "data"}
    assert {each["file_path"].rsplit("/", 1)[1] for each in artifacts} == {each.digest for each in kept}
    assert (session["status"], session["error_count"], session["retry_count"]) == ("failed", 1, 2)
    assert (session["current_step"], session["total_steps"], float(session["progress_percentage"])) == (2, 2, 50.0)
    assert session["environment"] == {"browser": "chrome", "browserVersion": "156.0.8078.79", "platform": "linux"}
    assert (session["options"]["maxInactivityTime"], session["options"]["videoRecording"]) == (7, True)
    first, second = steps
    assert (first["status"], first["error_details"], first["execution_time_ms"]) == ("completed", None, 31)
    assert (second["element_found"], second["retry_count"], second["error_type"]) == (False, 2, "not_found")
    assert second["error_details"]["suggestedSelectors"] == ["#send"]
    assert second["screenshot_error_url"] == f"/runner/v1/files/{finished.screenshot}"
    assert second["network_requests"][0]["status"] == 200


async def test_the_views_show_no_other_organizations_rows(resources):
    await ran(resources, NoBrowsers(Telling))
    await project_all(resources, RESULTS)
    async with resources.database.connection() as connection:
        for view in ("playback_sessions", "playback_step_results"):
            assert await connection.fetchval(f"select count(*) from {view}") == 0
