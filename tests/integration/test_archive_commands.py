"""`retold verify`, `archive` and `restore`, as an operator runs them."""

import asyncio
import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.bus.subjects import EVENTS_STREAM
from shared.local.nats_server import NatsServer
from shared.testing.command_line import command
from tests.integration.tampering import another_nats, chainer, copy, everything, publish

EVENTS = [(f"evt.row.j.{n % 7}.evt", f'{{"n":{n}}}'.encode()) for n in range(1, 60)]
MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
async def environment(nats_server: NatsServer, nats_client: Client, tmp_path: Path) -> Mapping[str, str]:
    """The variables of a system with a sealed log."""
    await publish(nats_client, EVENTS)
    await _seal(nats_client)
    return _variables(nats_server.url, tmp_path)


async def _seal(client: Client) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(chainer(client, seconds=0.1).run(), timeout=1)


def _variables(url: str, folder: Path) -> dict[str, str]:
    return {
        "RETOLD_NATS_URL": url,
        "RETOLD_MASTER_KEY": MASTER_KEY,
        "RETOLD_OBJECTS_URL": (folder / "objects").as_uri(),
    }


async def test_a_log_that_is_whole_is_told_so(environment: Mapping[str, str]) -> None:
    ended = await command("verify", "--json", environment=environment)
    told = ended.json
    assert (told["ok"], told["end"], told["sealed_upto"], told["unsealed"], told["findings"]) == (True, 59, 59, 0, [])
    ended = await command("verify", environment=environment)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("the log is what was sealed: 59 messages, 6 seals up to position 59, 0 not sealed yet")


async def test_a_change_is_told_with_exit_code_one(
    environment: Mapping[str, str], nats_client: Client, tmp_path: Path
) -> None:
    archived = await command("archive", tmp_path / "archive", environment=environment)
    assert archived.code == 0, archived.err
    async with another_nats() as other:
        await copy(nats_client, other, lambda log: [*log[:41], (log[41][0], b"{}"), *log[42:]])
        variables = {**environment, "RETOLD_NATS_URL": str(other.connected_url.geturl())}
        ended = await command("verify", environment=variables)
        assert (ended.code, ended.err) == (1, "")
        assert ended.out.splitlines()[0] == "positions 41 to 50: not what was sealed"
        ended = await command("verify", "--archive", tmp_path / "archive", "--json", environment=variables)
        assert ended.code == 1
        found = json.loads(ended.out)["findings"]
        assert [(finding["kind"], finding["first"]) for finding in found] == [("differs", 41), ("altered", 42)]


async def test_without_the_master_key_nothing_is_verified(environment: Mapping[str, str]) -> None:
    ended = await command("verify", environment={"RETOLD_NATS_URL": environment["RETOLD_NATS_URL"]})
    assert ended.code == 2
    assert "so must be RETOLD_MASTER_KEY:" in ended.err


async def test_an_archive_is_made_checked_and_restored_into_a_laptop(
    environment: Mapping[str, str], nats_client: Client, tmp_path: Path
) -> None:
    place, keys, home = tmp_path / "archive", tmp_path / "keys", tmp_path / "home"
    made = await command("archive", place, "--keys", keys, "--json", environment=environment)
    assert made.json["messages"] == {"EVT": 59, "SEALS": 6, "LOG": 0}
    checked = await command("archive", place, "--check", environment=environment)
    assert checked.code == 0, checked.err
    assert "is whole: EVT up to 59" in checked.out
    home.mkdir(mode=0o711)
    (home / "laptop.json").write_text(
        json.dumps({"organization_id": "0" * 32, "token": "t", "master_key": MASTER_KEY, "port": None})
    )
    restored = await command("restore", place, "--keys", keys, "--home", home, "--json")
    assert restored.json["end"] == 59
    again = await command("restore", place, "--keys", keys, "--home", home)
    assert again.code == 1
    assert "not empty" in again.err
    assert len(await everything(nats_client, EVENTS_STREAM)) == 59


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("restore", "archive"), "--without-keys"),
        (("restore", "archive", "--keys", "keys", "--without-keys"), "--without-keys"),
        (("archive", "archive", "--keys", "archive/keys"), "keep the keys apart"),
        (("verify", "--archive", "/nowhere/at/all"), "no files can be kept at"),
    ],
)
async def test_a_wrong_call_says_what_is_wrong(
    environment: Mapping[str, str], arguments: tuple[str, ...], told: str
) -> None:
    ended = await command(*arguments, environment=environment)
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.count("\n") == 1
