"""A row asks a model through the log: what reaches the model, how long it waits, what it makes of the answer."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from services.runner import asking_model
from services.runner.adapters.model_at_hand import ModelAtHand
from services.runner.adapters.options import ModelQuestion
from services.runner.aggregates.row_run import Hold, TakeRow
from services.runner.known import Known
from services.runner.main import BLUEPRINT as RUNNER
from services.runner.row_stream import RowStream
from services.runner.row_told import RowTold
from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.bus.model_switch import ModelSwitch
from shared.contracts.ingest import RecordingImported
from shared.contracts.recording import Step
from shared.contracts.scheduler import JobCreated, JobOptions, JobRowsAdded, JobSubmitted, RowDispatched
from shared.core.time_and_ids import new_id
from shared.runtime import Resources
from shared.testing.model import Model, Said, chooses
from tests.conftest import OpenResources
from tests.integration.healer.conftest import PICTURE, working

SECRET = "correct horse battery staple"
STEP = {
    "stepNumber": 1,
    "event": "type",
    "label": "Password",
    "navigation": {"type": "same_page"},
    "bundle": {"id": "password"},
    "metadata": {"elementTag": "input", "elementType": "password"},
}


@dataclass
class AskingRow:
    """A row that a worker has taken, of a job with a password."""

    told: RowTold
    org: UUID
    job: UUID
    lines: list[str] = field(default_factory=list)

    def question(self, **changes: Any) -> ModelQuestion:
        """As the browser's side puts it, with a secret that slipped through."""
        given = {
            "step_number": 1,
            "event": "type",
            "target": {"tag": "input", "label": "Password"},
            "candidates": [{"mark": 1, "text": f"is it {SECRET}?"}, {"mark": 2, "title": "x" * 5000}],
            "picture": PICTURE,
            "page_origin": "https://crm.example",
            "page_path": "/login",
            "threshold": 80,
        }
        return ModelQuestion(**given | changes)


@pytest.fixture
async def runner(resources_of: OpenResources) -> Resources:
    return await resources_of(RUNNER)


async def row_of_a_job(runner: Resources, **options: Any) -> AskingRow:
    """A job, its recording and its first row in the log, and the row taken."""
    job, recording, context = new_id(), new_id(), Context(new_id(), "test")
    sealed = await runner.sealer.seal(context.org, job, SECRET)
    created = JobCreated(
        job_id=job, user_id=new_id(), recording_id=recording, recording_name="Log in", revision=1,
        columns=["password"], field_mapping={"password": "Password"}, unmapped=[], secret_columns=["password"],
        total_rows=1, concurrency=1, stop_on_error=False, options=JobOptions(**options),
    )  # fmt: skip
    imported = RecordingImported(
        recording_id=recording, user_id=new_id(), name="Log in", description=None, starting_url="https://crm.example",
        steps=[Step.model_validate(STEP)], variables={}, recording_method="extension", source="canonical", fidelity=[],
    )  # fmt: skip
    dispatched = RowDispatched(job_id=job, row=0, attempt=1, attempts=1, recording_id=recording, revision=1)
    log = runner.log
    await log.append(Append(subjects.recording(recording), [imported], 0, "import", context))
    rows = JobRowsAdded(job_id=job, first_row=0, rows=[{"password": sealed}])
    await log.append(Append(subjects.job(job), [created, rows, JobSubmitted(job_id=job)], 0, "submit", context))
    await log.append(Append(subjects.row(job, 0), [dispatched], 0, "dispatch", context, "cmd"))
    (recorded,) = await log.load(subjects.row(job, 0))
    stream = RowStream(runner, recorded, Hold("w", 1), model=ModelAtHand(ModelSwitch(runner.nats)))
    await stream.begin()
    await stream.carry_out(TakeRow(job, 0, 1, stream.hold, False), "take")
    row = AskingRow(RowTold(stream, Known(runner.log, runner.clock), lambda: None), context.org, job)

    async def note(level: str, message: str, *_: Any, **__: Any) -> None:
        row.lines.append(f"{level}: {message}")

    row.told.log = note  # type: ignore[method-assign]
    return row


async def until_on(resources: Resources) -> None:
    while not (await ModelSwitch(resources.nats).read()).on:
        await asyncio.sleep(0.02)


async def test_a_row_gets_the_candidate_that_the_model_means(
    runner: Resources, healer: Resources, model: Model
) -> None:
    model.script = [chooses(2, 95, "the only password field")]
    async with working(healer, **model.settings()):
        await until_on(runner)
        row = await row_of_a_job(runner)
        assert (await row.told.vision())["vision"] is True
        answer = await row.told.ask_model(row.question())
    assert answer is not None
    assert (answer.index, answer.confidence, answer.reason) == (1, 95, "the only password field")
    assert row.lines == ["info: the model chose a candidate, certain to 95 of 100: the only password field"]
    assert [kept.name for kept in row.told.kept] == ["step-1-candidates.jpg"]
    assert model.pictures == [PICTURE]


async def test_a_secret_of_the_row_is_in_no_event_and_reaches_no_model(
    runner: Resources, healer: Resources, model: Model
) -> None:
    async with working(healer, **model.settings()):
        await until_on(runner)
        row = await row_of_a_job(runner)
        await row.told.ask_model(row.question(page_path=f"/login/{SECRET}"))
    told = [each.event.model_dump_json() for each in await runner.log.load(subjects.row(row.job, 0))]
    told += [each.event.model_dump_json() for each in await runner.log.load(subjects.model_calls(row.job))]
    assert len(model.requests) == 1
    assert SECRET not in "".join(told) + json.dumps(model.requests)
    assert "is it •••?" in model.text_of()
    assert "x" * 300 in model.text_of()
    assert "x" * 301 not in model.text_of()


async def test_a_budget_that_is_spent_is_remembered(runner: Resources, healer: Resources, model: Model) -> None:
    async with working(healer, **model.settings()):
        await until_on(runner)
        row = await row_of_a_job(runner, model_calls=1)
        assert await row.told.ask_model(row.question()) is not None
        assert await row.told.ask_model(row.question()) is None
        seen = await row.told.vision()
        assert await row.told.ask_model(row.question()) is None
    assert seen == {"vision": False, "vision_off": "the job has used its 1 calls of the model"}
    assert len(model.requests) == 1
    asked = [each for each in await runner.log.load(subjects.row(row.job, 0)) if each.subject.endswith(".ask")]
    assert len(asked) == 2, "the third is not even put"


async def test_a_job_that_wants_no_model_asks_none(runner: Resources, healer: Resources, model: Model) -> None:
    async with working(healer, **model.settings()):
        await until_on(runner)
        row = await row_of_a_job(runner, model_calls=0)
        assert (await row.told.vision())["vision"] is False
        assert await row.told.ask_model(row.question()) is None
    assert model.requests == []
    assert row.lines == [
        "info: the model was not asked: the job's options do not allow it (model_calls, model_tokens, model_budget_usd)"
    ]


async def test_without_a_key_a_row_says_what_to_do(runner: Resources, healer: Resources) -> None:
    async with working(healer):
        await asyncio.sleep(0.3)
        row = await row_of_a_job(runner)
        assert await row.told.ask_model(row.question()) is None
        (line,) = row.lines
    assert "set ANTHROPIC_API_KEY" in line


async def test_a_row_goes_on_without_an_answer_when_the_healer_dies(
    runner: Resources, healer: Resources, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(healer, **model.settings()):
        await until_on(runner)
        row = await row_of_a_job(runner)
        await row.told.vision()
    monkeypatch.setattr(asking_model, "WAIT_SECONDS", 0.5)
    assert await row.told.ask_model(row.question()) is None
    assert row.lines == ["warn: the model gave no answer within 0.5 s"]


async def test_a_stopped_row_waits_for_no_answer(runner: Resources, healer: Resources, model: Model) -> None:
    model.otherwise = Said(chooses(1).body, delay=1.5)
    async with working(healer, **model.settings()):
        await until_on(runner)
        row = await row_of_a_job(runner)
        asking = asyncio.create_task(row.told.ask_model(row.question()))
        while not model.requests:
            await asyncio.sleep(0.02)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    told = [type(each.event).__name__ for each in await runner.log.load(subjects.model_calls(row.job))]
    assert told == ["ModelCallBegun", "ModelAnswered"], "what it cost is told all the same"


async def test_rows_that_ask_together_get_each_its_own_answer(
    runner: Resources, healer: Resources, model: Model
) -> None:
    def judge(request: dict[str, Any]) -> Said:
        text = request["messages"][0]["content"][1]["text"]
        return chooses(2 if '"choose 2"' in text else 1, 90, "as it stands there")

    model.judge = judge
    async with working(healer, **model.settings()):
        await until_on(runner)
        rows = [await row_of_a_job(runner) for _ in range(4)]
        questions = [row.question(target={"label": f"choose {number % 2 + 1}"}) for number, row in enumerate(rows)]
        answers = await asyncio.gather(
            *(row.told.ask_model(question) for row, question in zip(rows, questions, strict=True))
        )
    assert [answer and answer.index for answer in answers] == [0, 1, 0, 1]


async def test_the_question_follows_what_the_row_did_before(runner: Resources, healer: Resources, model: Model) -> None:
    async with working(healer, **model.settings()):
        await until_on(runner)
        row = await row_of_a_job(runner)
        await row.told.intend(1, "type")
        await row.told.ask_model(row.question())
        await row.told.intend(2, "click")
    kinds = [each.subject.rpartition(".")[2] for each in await runner.log.load(subjects.row(row.job, 0))]
    assert kinds == ["cmd", "evt", "evt", "ask", "evt"]
