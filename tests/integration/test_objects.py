"""Files are sealed in the store, read back for their organization, and gone with its key."""

from pathlib import Path
from uuid import uuid4

import pytest
from nats.aio.client import Client

from shared.core.errors import InvalidInput, NotFound, Refused
from shared.keys import KeyRing
from shared.objects import Objects

PICTURE = b"\x89PNG a picture of somebody's data"


@pytest.fixture
def objects(nats_client: Client, tmp_path: Path) -> Objects:
    """An empty store, and an empty key store."""
    store = Objects((tmp_path / "objects").as_uri(), KeyRing(nats_client, bytes(32)))
    store.open()
    return store


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_file_is_read_back_and_lies_sealed_in_the_store(objects: Objects, tmp_path: Path) -> None:
    org = uuid4()
    digest = await objects.put(org, PICTURE)
    assert await objects.put(org, PICTURE) == digest
    (path,) = stored(tmp_path)
    assert b"somebody" not in path.read_bytes()
    assert await objects.get(org, digest) == PICTURE
    with pytest.raises(NotFound):
        await objects.get(uuid4(), digest)
    with pytest.raises(InvalidInput):
        await objects.get(org, "../etc/passwd")


async def test_a_file_cannot_be_read_once_the_key_is_destroyed(
    objects: Objects, nats_client: Client, tmp_path: Path
) -> None:
    org = uuid4()
    digest = await objects.put(org, PICTURE)
    await KeyRing(nats_client, bytes(32)).erase(org)
    later = Objects((tmp_path / "objects").as_uri(), KeyRing(nats_client, bytes(32)))
    later.open()
    with pytest.raises(NotFound, match="data key is gone"):
        await later.get(org, digest)
    with pytest.raises(Refused, match="was erased"):
        await later.put(org, PICTURE)


async def test_an_altered_file_is_refused(objects: Objects, tmp_path: Path) -> None:
    org = uuid4()
    digest = await objects.put(org, PICTURE)
    (path,) = stored(tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(Refused, match="altered"):
        await objects.get(org, digest)


async def test_deleting_an_organization_leaves_the_others(objects: Objects, tmp_path: Path) -> None:
    org, other = uuid4(), uuid4()
    kept = await objects.put(other, PICTURE)
    for content in (b"one", b"two"):
        await objects.put(org, content)
    assert await objects.delete_organization(org) == 2
    assert await objects.get(other, kept) == PICTURE
    assert len(stored(tmp_path)) == 1
    assert await objects.delete_organization(org) == 0
