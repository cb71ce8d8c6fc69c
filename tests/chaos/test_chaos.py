"""A short run of the chaos in which everything must hold, and proof that the questions asked afterwards can fail."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from rich.console import Console

from shared.bus import subjects
from shared.bus.memory import MemoryLog
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import JobCreated, JobEnded, RowDispatched
from shared.core.events import Recorded
from tests.chaos import invariants
from tests.chaos.deeds import MENUS, plan
from tests.chaos.links import Link, Witness
from tests.chaos.running import Wishes, run
from tests.chaos.timeline import Timeline
from tests.golden.story import story


@pytest.mark.timeout(240)
async def test_nothing_is_lost_or_doubled_whatever_is_killed_stopped_or_cut() -> None:
    timeline = Timeline(Console(force_terminal=False, width=200))  # shown when the test fails
    await run(Wishes("everything", seed=1, seconds=12), timeline)
    assert len(timeline.checks) >= 10
    assert [(check.name, check.wrong) for check in timeline.checks if check.wrong] == []


@pytest.mark.parametrize("scenario", MENUS)
def test_a_seed_gives_the_same_plan_again_and_another_seed_another(scenario: str) -> None:
    assert list(plan(scenario, 7, 60)) == list(plan(scenario, 7, 60))
    assert list(plan(scenario, 7, 60)) != list(plan(scenario, 8, 60))
    assert all(0 < deed.at < 60 for deed in plan(scenario, 7, 60))


@pytest.fixture
async def told() -> list[Recorded]:
    """The log of the golden story; nothing is wrong with it."""
    log = MemoryLog(catalogue())
    for append in story("chaos"):
        await log.append(append)
    return await log.read("evt.>")


def first(told: list[Recorded], kind: type) -> Recorded:
    """The first event of a type."""
    return next(recorded for recorded in told if isinstance(recorded.event, kind))


def test_the_golden_story_is_in_order(told: list[Recorded]) -> None:
    assert [*invariants.stored_twice(told), *invariants.crowded_jobs(told), *invariants.odd_rows(told)] == []
    assert all("ended 0 times" in each for each in invariants.odd_jobs(told))  # it leaves some jobs under way
    assert list(invariants.confirmed_and_missing(told, {each.message: each.position for each in told})) == []


def test_a_confirmed_message_that_is_missing_or_elsewhere_is_found(told: list[Recorded]) -> None:
    one = told[0]
    assert list(invariants.confirmed_and_missing(told, {uuid4(): 3}))
    assert list(invariants.confirmed_and_missing(told, {one.message: one.position + 1}))


def test_a_message_that_stands_in_the_log_twice_is_found(told: list[Recorded]) -> None:
    again = replace(told[0], position=told[-1].position + 1)
    assert list(invariants.stored_twice([*told, again]))


def test_a_row_that_is_dispatched_or_ended_twice_is_found(told: list[Recorded]) -> None:
    for kind in (RowDispatched, RowFinished):
        again = replace(first(told, kind), position=told[-1].position + 1)
        assert list(invariants.odd_rows([*told, again])), kind


def test_a_row_that_runs_again_after_an_intent_is_found(told: list[Recorded]) -> None:
    job, row = uuid4(), 0
    created = first(told, JobCreated)
    options = created.event.model_copy(update={"job_id": job})  # type: ignore[attr-defined]
    started = RowStarted(job_id=job, row=row, attempt=1, worker_id="w", delivery=1)
    intended = StepIntended(job_id=job, row=row, attempt=1, step_number=1, action="click")
    subject = subjects.row(job, row).subject()
    events = (started, intended, started)
    log = [replace(created, event=options), *(replace(created, subject=subject, event=event) for event in events)]
    assert list(invariants.odd_rows(log)) == [
        f"row 0 of job {job}: started again although it may have changed something"
    ]


def test_a_job_that_does_not_end_or_miscounts_is_found(told: list[Recorded]) -> None:
    ongoing = len(list(invariants.odd_jobs(told)))
    endless = [each for each in told if not isinstance(each.event, JobEnded)]
    assert len(list(invariants.odd_jobs(endless))) > ongoing
    end = first(told, JobEnded)
    more = end.event.model_copy(update={"successful": 99})  # type: ignore[attr-defined]
    miscounted = [replace(each, event=more) if each is end else each for each in told]
    assert len(list(invariants.odd_jobs(miscounted))) > ongoing


def test_a_job_with_too_many_rows_under_way_is_found(told: list[Recorded]) -> None:
    created, dispatched = first(told, JobCreated), first(told, RowDispatched)
    many = [
        replace(dispatched, event=dispatched.event.model_copy(update={"row": 100 + row}))  # type: ignore[attr-defined]
        for row in range(20)
    ]
    assert list(invariants.crowded_jobs([created, *many]))


def test_what_the_site_received_too_often_or_never_is_found(told: list[Recorded]) -> None:
    assert any("in no table" in each for each in invariants.disagreeing_with_the_site(told, Counter(nobody=1)))
    names = invariants.names_of_rows(told)
    won = next(r for r, events in invariants.by_row(told).items() if invariants.how_it_ended(events) == "success")
    assert any("has not received it" in each for each in invariants.disagreeing_with_the_site(told, Counter()))
    assert any(
        f"row {won[1]} of" in each for each in invariants.disagreeing_with_the_site(told, Counter({names[won]: 9}))
    )


async def test_the_witness_reads_what_the_log_confirmed_in_whatever_pieces_it_comes() -> None:
    message = UUID(int=77)
    headers = f"NATS/1.0\r\nNats-Msg-Id: {message}\r\n\r\n".encode()
    sent = b"HPUB evt.a.b.c.evt _INBOX.x.1 90 95\r\n" + headers + b"hello\r\n"
    received = b'MSG _INBOX.x.1 3 30\r\n{"stream":"EVT", "seq":41}\r\n'
    for size in (1, 7, 4000):
        witness = Witness()
        for data, look in ((sent, witness.sent), (received, witness.received)):
            seen = b""
            for start in range(0, len(data), size):
                seen += data[start : start + size]
                seen = seen[look(seen) :]
        assert witness.confirmed == {message: 41}
    again = b'MSG _INBOX.x.2 3 30\r\n{"stream":"EVT", "seq":42}\r\n'
    witness.sent(sent.replace(b"x.1", b"x.2"))
    witness.received(again)
    assert len(witness.contradictions) == 1


async def test_a_link_is_slow_silent_or_cut_as_it_is_told() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    far = await asyncio.start_server(echo, "127.0.0.1", 0)
    link = Link(far.sockets[0].getsockname()[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", await link.start())
    writer.write(b"one")
    assert await asyncio.wait_for(reader.read(10), 2) == b"one"
    link.hold()
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(10), 0.2)
    link.heal()
    assert await asyncio.wait_for(reader.read(10), 2) == b"two"
    link.cut()
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(10), 2) == b""
    writer.close()
    await link.stop()
    far.close()
    await far.wait_closed()
