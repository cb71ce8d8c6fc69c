"""Personal values are sealed in the log, opened for who has the key, and hidden for ever once it is destroyed."""

from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Batch, Context
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import OrganizationFounded, UserInvited
from shared.core.errors import Refused
from shared.core.events import Event
from shared.core.personal import HIDDEN, hide, may_hold
from shared.keys import KeyRing
from tests.golden.story import story

MASTER = bytes(range(32))


@pytest.fixture
def keys(nats_client: Client) -> KeyRing:
    """With an empty key store."""
    return KeyRing(nats_client, MASTER)


@pytest.fixture
def log(nats_client: Client, keys: KeyRing) -> JetStreamLog:
    """A log that seals."""
    return JetStreamLog(nats_client, catalogue(), vault=keys)


def invited(org: UUID, email: str, expected: int = 0) -> Append:
    event = UserInvited(user_id=uuid4(), email=email, role="member")
    return Append(subjects.organization(org), [event], expected, email, Context(org, "test"))


async def wire(client: Client, position: int) -> bytes:
    """The message as the log holds it."""
    data: bytes = (await client.jetstream().get_msg(subjects.EVENTS_STREAM, position)).data or b""
    return data


async def followed(log: JetStreamLog) -> Batch:
    async for batch in log.follow([subjects.ALL_EVENTS]):
        return batch
    raise AssertionError


async def test_the_log_holds_no_personal_value_in_clear(log: JetStreamLog, nats_client: Client) -> None:
    org = uuid4()
    position = await log.append(invited(org, "ada@crm.example"))
    stored = await wire(nats_client, position)
    assert b"ada@crm" not in stored
    assert b'"role":"member"' in stored
    (found,) = await log.load(subjects.organization(org))
    assert isinstance(found.event, UserInvited)
    assert found.event.email == "ada@crm.example"


async def test_every_event_of_a_story_comes_back_as_it_went_in(log: JetStreamLog, nats_client: Client) -> None:
    told = story()
    for append in told:
        await log.append(append)
    back: list[Event] = []
    while len(back) < sum(len(append.events) for append in told):
        back += [item.event for item in (await followed(log)).events]
    assert back == [event for append in told for event in append.events]
    for text in (b"ada@crm.example", b"/people/add", b"Analytical", b"Ada Lovelace", b"certain enough"):
        for position in range(1, len(told) + 1):
            assert text not in await wire(nats_client, position), (text, position)


async def test_who_has_no_keys_reads_the_structure_with_its_values_hidden(
    log: JetStreamLog, nats_client: Client
) -> None:
    org = uuid4()
    await log.append(invited(org, "ada@crm.example"))
    (found,) = await JetStreamLog(nats_client, catalogue()).load(subjects.organization(org))
    assert isinstance(found.event, UserInvited)
    assert (found.event.email, found.event.role) == (HIDDEN, "member")


async def test_an_erased_organization_still_folds_with_its_values_hidden(
    log: JetStreamLog, keys: KeyRing, nats_client: Client
) -> None:
    for append in story():
        await log.append(append)
    assert await keys.erase(story()[0].context.org)
    for reader in (log, JetStreamLog(nats_client, catalogue(), vault=KeyRing(nats_client, MASTER))):
        batch = await followed(reader)
        assert len(batch.events) == sum(len(append.events) for append in story())
        assert not batch.unreadable
        assert "Analytical" not in str(batch.events)
        assert "Lovelace" not in str(batch.events)
        founded = batch.events[0].event
        assert isinstance(founded, OrganizationFounded)
        assert founded.owner_email == HIDDEN


async def test_nothing_personal_can_be_written_for_an_erased_organization(
    log: JetStreamLog, keys: KeyRing, nats_client: Client
) -> None:
    org = uuid4()
    position = await log.append(invited(org, "ada@crm.example"))
    await keys.erase(org)
    for writer in (log, JetStreamLog(nats_client, catalogue(), vault=KeyRing(nats_client, MASTER))):
        with pytest.raises(Refused, match="was erased"):
            await writer.append(invited(org, "grace@crm.example", position))
    assert not await keys.erase(org)


async def test_a_sealed_value_moved_to_another_event_is_not_readable_there(
    log: JetStreamLog, nats_client: Client
) -> None:
    org = uuid4()
    first = await log.append(invited(org, "ada@crm.example"))
    second = await log.append(invited(org, "grace@crm.example", first))
    stored = [await wire(nats_client, position) for position in (first, second)]
    sealed = [text.partition(b'"sealed":"')[2].partition(b'"')[0] for text in stored]
    forged = stored[1].replace(sealed[1], sealed[0])
    await nats_client.jetstream().publish(subjects.organization(org).subject(), forged)
    batch = await followed(log)
    assert len(batch.events) == 2
    (unreadable,) = batch.unreadable
    assert unreadable.org == org
    assert "altered" in unreadable.reason


def test_what_is_hidden_keeps_its_structure() -> None:
    data = {"rows": [{"name": "Ada", "age": 36, "none": None}, {}], "status": "ok"}
    before = hide(data, ("rows", "absent.*.x"))
    assert data == {"rows": [{"name": HIDDEN, "age": 36, "none": None}, {}], "status": "ok"}
    assert before == {"rows": [{"name": "Ada", "age": 36, "none": None}, {}]}
    assert hide(data, ("rows",)) == {}


def test_what_may_hold_something_personal_is_seen_in_the_json() -> None:
    paths = ("steps.*.error", "rows", "error_message")
    assert not may_hold(b'{"steps":[{"error":null,"n":1}],"error_message":null}', paths)
    assert may_hold(b'{"steps":[{"error":"x"}]}', paths)
    assert may_hold(b'{"rows":[{}]}', paths)
    assert not may_hold(b'{"rows":"x"}', ())
