"""Secrets: readable for their record alone, and for nobody once the key is destroyed."""

import secrets
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from shared.bus.topology import KEYS_BUCKET
from shared.core.errors import InvalidInput, Refused
from shared.keys import KeyRing, parse_master_key
from shared.secrets import SEALED_PREFIX, Sealer, masked

MASTER = bytes(range(32))


@pytest.fixture
def sealer(nats_client: Client) -> Sealer:
    """With an empty key store."""
    return Sealer(KeyRing(nats_client, MASTER))


async def test_a_sealed_value_is_read_back_for_its_record(sealer: Sealer, nats_client: Client) -> None:
    org, record = uuid4(), uuid4()
    sealed = await sealer.seal(org, record, "pa$$wörd")
    assert sealed.startswith(SEALED_PREFIX)
    assert "pa$$w" not in sealed
    assert await sealer.seal(org, record, "pa$$wörd") != sealed
    assert await Sealer(KeyRing(nats_client, MASTER)).open(org, record, sealed) == "pa$$wörd"
    assert masked(sealed) == "••••••"


async def test_another_record_or_organization_cannot_read_it(sealer: Sealer) -> None:
    org, record = uuid4(), uuid4()
    sealed = await sealer.seal(org, record, "secret")
    await sealer.seal(UUID(int=5), record, "something")
    for other_org, other_record in ((org, uuid4()), (UUID(int=5), record)):
        with pytest.raises(Refused):
            await sealer.open(other_org, other_record, sealed)


async def test_an_altered_value_is_refused(sealer: Sealer) -> None:
    org, record = uuid4(), uuid4()
    sealed = await sealer.seal(org, record, "secret")
    for altered in (sealed[:-6] + "AAAAA=", sealed + "!", f"{SEALED_PREFIX}v9:{secrets.token_urlsafe(40)}"):
        with pytest.raises(Refused):
            await sealer.open(org, record, altered)


async def test_destroying_the_key_destroys_the_values(sealer: Sealer, nats_client: Client) -> None:
    org, record = uuid4(), uuid4()
    sealed = await sealer.seal(org, record, "secret")
    bucket = await nats_client.jetstream().key_value(KEYS_BUCKET)
    assert b"secret" not in ((await bucket.get(str(org))).value or b"")
    await bucket.purge(str(org))
    with pytest.raises(Refused, match="destroyed"):
        await Sealer(KeyRing(nats_client, MASTER)).open(org, record, sealed)


async def test_another_master_key_opens_nothing(sealer: Sealer, nats_client: Client) -> None:
    org, record = uuid4(), uuid4()
    sealed = await sealer.seal(org, record, "secret")
    with pytest.raises(Refused, match="RETOLD_MASTER_KEY"):
        await Sealer(KeyRing(nats_client, bytes(32))).open(org, record, sealed)


@pytest.mark.parametrize("text", ["", "not base64!", "c2hvcnQ="])
def test_a_master_key_that_is_none_is_refused_with_how_to_make_one(text: str) -> None:
    with pytest.raises(InvalidInput, match="openssl rand"):
        parse_master_key(text)
