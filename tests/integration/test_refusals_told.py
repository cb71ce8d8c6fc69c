"""What the URL policy refused in a row is told while its steps go on: the first few, and that there are more."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from nats.aio.client import Client

from services.runner.aggregates.row_run import Hold, TakeRow
from services.runner.known import Known
from services.runner.row_stream import RowStream
from services.runner.row_told import MOST_REFUSALS, RowTold
from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import ANY_SEQUENCE, Append, Context
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import RowStarted, StepIntended, UrlRefused
from shared.contracts.scheduler import RowDispatched
from shared.core.time_and_ids import now
from shared.lines import Lines
from shared.url_policy import Refusal

HOLD = Hold("w1", 1)


def refusal(number: int) -> Refusal:
    return Refusal(f"http://10.0.0.{number}/", "private", "a private address")


async def row_under_way(client: Client, job: UUID) -> tuple[JetStreamLog, RowTold]:
    log = JetStreamLog(client, catalogue())
    stream = subjects.row(job, 0)
    dispatched = RowDispatched(job_id=job, row=0, attempt=1, attempts=1, recording_id=uuid4(), revision=1)
    await log.append(Append(stream, [dispatched], ANY_SEQUENCE, "dispatch", Context(uuid4(), "test"), "cmd"))
    resources: Any = SimpleNamespace(log=log, lines=Lines(client))
    row = RowStream(resources, (await log.load(stream))[0], HOLD)
    await row.begin()
    await row.carry_out(TakeRow(job, 0, 1, HOLD, rerun_unknown=False), "take")
    return log, RowTold(row, Known(log, now), lambda: None)


async def test_refusals_are_told_while_steps_go_on_and_no_more_than_a_few(nats_client: Client) -> None:
    job = uuid4()
    log, told = await row_under_way(nats_client, job)
    many = [told.refused(refusal(number), 2) for number in range(MOST_REFUSALS + 10)]
    await asyncio.gather(*many[:10], told.intend(2, "click"), *many[10:])
    await told.close()
    events = [item.event for item in await log.load(subjects.row(job, 0))]
    refused = [event for event in events if isinstance(event, UrlRefused)]
    assert {event.url for event in refused} == {f"http://10.0.0.{number}/" for number in range(MOST_REFUSALS)}
    assert [type(event) for event in events if not isinstance(event, UrlRefused)] == [
        RowDispatched,
        RowStarted,
        StepIntended,
    ]
    assert refused[0] == UrlRefused(
        job_id=job, row=0, attempt=1, step_number=2, url=refused[0].url, reason="private", rule="a private address"
    )
    async for batch in Lines(nats_client).follow([subjects.lines_of(job, 0)]):
        said = [item.line.message for item in batch.events]
        break
    assert len(said) == MOST_REFUSALS + 1
    assert "more than 20" in said[-1]
