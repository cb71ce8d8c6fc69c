"""One odd event stops nobody's read model: it is put aside, told, and may be applied again."""

from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from shared.bus import subjects
from shared.contracts.ingest import RecordingTaught, UserInvited
from shared.contracts.runner import Taught
from shared.core.errors import NotFound, Refused
from shared.dead_events import dead_events, drop_dead_event, retry_dead_event
from shared.lines import Line
from tests.integration.projections.read_models import ReadModels

USERS, RECORDINGS = "ingest.users", "ingest.recordings"
ODD = "alter table users add constraint no_odd_ones check (email not like 'odd%') not valid"
EVEN = "alter table users drop constraint if exists no_odd_ones"


async def _invite(models: ReadModels, *emails: str, org: UUID | None = None) -> int:
    org = org or uuid4()
    events = [UserInvited(user_id=uuid4(), email=email, role="member") for email in emails]
    return await models.tell(subjects.organization(org), *events, org=org)


def counted() -> float:
    """What `/metrics` tells of events that ingest put aside."""
    labels = {"service": "ingest", "kind": "projection"}
    return REGISTRY.get_sample_value("retold_dead_letters_total", labels) or 0.0


async def test_an_event_that_a_table_refuses_is_put_aside_and_can_be_applied_again(read_models: ReadModels) -> None:
    await read_models.project_all(USERS)
    await read_models.execute(USERS, ODD)
    one = uuid4()
    odd = await _invite(read_models, "even@x.example", "odd@x.example", "also-even@x.example", org=one)
    others = [await _invite(read_models, f"somebody{number}@x.example") for number in range(20)]
    before = counted()
    with capture_logs() as told:
        await read_models.project_all(USERS)
    assert counted() == before + 1
    found = {row["email"] for row in await read_models.table(USERS, where="email like '%@x.example'")}
    assert found == {"even@x.example", "also-even@x.example", *(f"somebody{n}@x.example" for n in range(len(others)))}
    database = read_models.resources["ingest"].database
    (dead,) = [each for each in await dead_events(database) if each.position == odd]
    assert (dead.projection, dead.index, dead.reason) == ("users", 1, "CheckViolationError")
    assert (dead.organization_id, dead.subject) == (one, subjects.organization(one).subject())
    assert [each["log_level"] for each in told if "retold dead-letters" in each["event"]] == ["error"]
    assert "odd@" not in str(told)
    projection, source = read_models.projection(USERS), read_models.source(USERS)
    with pytest.raises(Refused, match="CheckViolationError"):
        await retry_dead_event(database, projection, source, odd, 1)
    assert [each.tries for each in await dead_events(database) if each.position == odd] == [2]
    await read_models.execute(USERS, EVEN)
    await retry_dead_event(database, projection, source, odd, 1)
    assert await read_models.table(USERS, where="email = 'odd@x.example'")
    assert odd not in {each.position for each in await dead_events(database)}
    with pytest.raises(NotFound):
        await retry_dead_event(database, projection, source, odd, 1)


async def test_a_message_that_cannot_be_read_is_put_aside_as_a_whole(read_models: ReadModels) -> None:
    own = read_models.resources["ingest"]
    subject = subjects.organization(uuid4()).subject()
    unreadable = (await own.nats.jetstream().publish(subject, b"not an envelope")).seq
    await _invite(read_models, "behind@z.example")
    await read_models.project_all(USERS)
    assert await read_models.table(USERS, where="email = 'behind@z.example'")
    (dead,) = [each for each in await dead_events(own.database) if each.projection == "users" and each.whole_message]
    assert (dead.position, dead.index, dead.subject, dead.organization_id) == (unreadable, 0, subject, None)
    with pytest.raises(Refused, match="still cannot read"):
        await retry_dead_event(own.database, read_models.projection(USERS), own.log, unreadable, 0)
    assert await drop_dead_event(own.database, "users", unreadable, 0)
    assert not await drop_dead_event(own.database, "users", unreadable, 0)


async def test_what_builds_on_a_missing_row_is_put_aside_too(read_models: ReadModels) -> None:
    recording_id, org = uuid4(), uuid4()
    taught = Taught.model_validate({"step_number": 1, "bundle": {"id": "x"}, "element_tag": "a"})
    position = await read_models.tell(
        subjects.recording(recording_id), RecordingTaught(recording_id=recording_id, taught=[taught]), org=org
    )
    await read_models.project_all(RECORDINGS)
    found = await dead_events(read_models.resources["ingest"].database)
    assert [each.reason for each in found if each.position == position] == ["KeyError"]


async def test_a_line_that_cannot_be_read_stops_no_other_line(read_models: ReadModels) -> None:
    own = read_models.resources["runner"]
    job_id = uuid4()
    subject = subjects.lines_of(job_id, 0)
    unreadable = (await own.nats.jetstream().publish(subject, b"{}")).seq
    lines = [Line(job_id, "2026-03-14T15:09:26Z", level, "m", job_id) for level in ("info", "shouted")]
    await own.lines.publish(subject, lines)
    odd = await own.lines.last_position()
    await read_models.project_all("runner.execution_logs")
    shown = await read_models.table("runner.execution_logs", where=f"execution_job_id = '{job_id}'")
    assert [row["level"] for row in shown] == ["info"]
    found = {(each.position, each.index): each.whole_message for each in await dead_events(own.database)}
    assert found == {(unreadable, 0): True, (odd, 1): False}
