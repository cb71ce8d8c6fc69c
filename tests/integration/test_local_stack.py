"""NATS and Postgres from their wheels: they start, keep their data, and end with whoever started them."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import rmtree

import asyncpg
import nats
import psutil
import pytest

from shared.core.errors import InvalidInput, Unavailable
from shared.local import LocalStack
from shared.local.postgres_place import SHELTER
from shared.testing.folders import open_folder

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends Postgres to another user")

# A process that runs a stack until something ends it; each test adds its own lines.
PARENT = """
import asyncio, os, signal, sys
from pathlib import Path
from shared.local import LocalStack, server
async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    {before}
    async with LocalStack(Path(sys.argv[1]), durable=False) as stack:
        print(stack.nats.pid, stack.postgres.pid, flush=True)
        {inside}
asyncio.run(main())
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="module")
async def stack(shared_home: Path) -> AsyncIterator[LocalStack]:
    async with LocalStack(shared_home, durable=False) as running:
        yield running


def parent(
    home: Path, *, before: str = "", inside: str = "await stop.wait()"
) -> tuple[subprocess.Popen[str], list[int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(before=before, inside=inside), str(home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert process.stdout
    return process, [int(pid) for pid in process.stdout.readline().split()]


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=30)
    return output


def gone(pids: list[int], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def remember(stack: LocalStack, fact: str) -> None:
    client = await nats.connect(stack.nats_url)
    await client.jetstream().add_stream(name="FACTS", subjects=["fact"])
    await client.jetstream().publish("fact", fact.encode())
    await client.close()
    connection = await asyncpg.connect(stack.postgres_url("ingest"))
    await connection.execute("create table facts as select $1::text as fact", fact)
    await connection.close()


async def recall(stack: LocalStack) -> tuple[str, str]:
    client = await nats.connect(stack.nats_url)
    message = await client.jetstream().get_msg("FACTS", 1)
    await client.close()
    connection = await asyncpg.connect(stack.postgres_url("ingest"))
    row = await connection.fetchval("select fact from facts")
    await connection.close()
    return (message.data or b"").decode(), row


async def test_what_was_stored_is_there_after_a_stop_at_the_same_addresses(home: Path) -> None:
    async with LocalStack(home) as first:
        await remember(first, "kept")
        addresses = first.nats_url, first.admin_url
    async with LocalStack(home) as second:
        assert (second.nats_url, second.admin_url) == addresses
        assert await recall(second) == ("kept", "kept")


async def test_a_crash_of_either_server_loses_nothing_and_the_restart_keeps_the_ports(stack: LocalStack) -> None:
    await remember(stack, "safe")
    ports = stack.nats.port, stack.postgres.port
    await stack.kill_nats()
    await stack.kill_postgres()
    assert (stack.nats.pid, stack.postgres.pid) == (None, None)
    await stack.restart_nats()
    await stack.restart_postgres()
    assert (stack.nats.port, stack.postgres.port) == ports
    assert await recall(stack) == ("safe", "safe")
    await stack.restart_nats()
    await stack.restart_postgres()
    assert await recall(stack) == ("safe", "safe")


async def test_neither_server_lets_anyone_in_without_the_password(stack: LocalStack) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:guess@127.0.0.1:{stack.postgres.port}/postgres")
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.nats.port)
    writer.write(b'CONNECT {"user":"retold","pass":"guess"}\r\nPING\r\n')
    assert b"-ERR 'Authorization Violation'" in await reader.read()
    writer.close()
    await writer.wait_closed()


async def test_the_servers_listen_on_the_loopback_address_alone(stack: LocalStack) -> None:
    for pid in (stack.nats.pid, stack.postgres.pid):
        listening = [c.laddr.ip for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]
        assert listening == ["127.0.0.1"]


async def test_secrets_are_for_the_owner_alone(stack: LocalStack, shared_home: Path) -> None:
    for private in (shared_home / "secrets.json", shared_home / "nats" / "nats.conf"):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
    for private in (shared_home / "nats", shared_home / "logs", (shared_home / "postgres").resolve()):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert not list((shared_home / "postgres").glob("password*"))
    secret = stack.secret("postgres-ingest")
    assert secret == stack.secret("postgres-ingest") != stack.secret("another")
    assert not any(secret in log.read_text() for log in (shared_home / "logs").iterdir())


async def test_a_durable_log_is_on_disk_before_it_answers_and_its_configuration_is_valid(home: Path) -> None:
    async with LocalStack(home) as running:
        assert running.nats.pid
        assert "sync_interval: always" in (home / "nats" / "nats.conf").read_text()
        server = psutil.Process(running.nats.pid).exe()
        check = await asyncio.create_subprocess_exec(server, "-t", "-c", home / "nats" / "nats.conf")
        assert await check.wait() == 0
        connection = await asyncpg.connect(running.admin_url)
        assert await connection.fetchval("show fsync") == "on"
        assert await connection.fetchval("show data_checksums") == "on"
        await connection.close()


async def test_two_stacks_never_share_a_folder(stack: LocalStack, shared_home: Path) -> None:
    with pytest.raises(Unavailable, match=rf"Another Retold \(process {os.getpid()}\) is running on .*home: stop it"):
        await LocalStack(shared_home).__aenter__()
    assert stack.nats.pid
    assert stack.postgres.pid


async def test_a_folder_of_another_user_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"cannot be used .*RETOLD_HOME"):
        await LocalStack(tmp_path / "file" / "home").__aenter__()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_the_servers_end_when_their_parent_is_killed_and_the_next_start_finds_everything(home: Path) -> None:
    process, pids = parent(home)
    process.kill()
    finish(process)
    assert gone(pids)
    async with LocalStack(home, durable=False) as stack:
        assert stack.postgres.pid


async def test_servers_that_outlived_their_parent_are_stopped_by_the_next_start(home: Path) -> None:
    process, pids = parent(home, before="server._end_with_parent = lambda _: None", inside="os._exit(1)")
    finish(process)
    assert all(alive(pid) for pid in pids)
    async with LocalStack(home, durable=False) as stack:
        assert gone(pids, seconds=0.1)
        assert {stack.nats.pid, stack.postgres.pid}.isdisjoint(pids)


async def test_ctrl_c_reaches_us_but_not_the_servers_which_stop_after_us(home: Path) -> None:
    check = "await stop.wait(); await asyncio.sleep(0.3); print(bool(stack.nats.pid and stack.postgres.pid))"
    process, pids = parent(home, inside=check)
    os.killpg(process.pid, signal.SIGINT)
    assert finish(process).strip() == "True"
    assert process.returncode == 0
    assert gone(pids)


async def test_a_stale_pid_file_that_names_another_living_process_does_not_stop_postgres(home: Path) -> None:
    async with LocalStack(home, durable=False):
        pass
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (home / "nats" / "nats.pid").write_text(f"{os.getpid()}\n")
    async with LocalStack(home, durable=False) as stack:
        assert stack.postgres.pid != os.getpid()


async def test_a_first_start_that_was_interrupted_is_begun_anew(home: Path) -> None:
    (home / "postgres" / "data.new").mkdir(parents=True)
    (home / "postgres" / "data.new" / "half").touch()
    async with LocalStack(home, durable=False) as stack:
        assert stack.postgres.pid
    assert not (home / "postgres" / "data.new").exists()


async def test_a_port_that_somebody_took_since_the_last_run_is_given_up(home: Path) -> None:
    async with LocalStack(home, durable=False) as first:
        ports = first.nats.port, first.postgres.port
    with socket.create_server(("127.0.0.1", ports[0] or 0)), socket.create_server(("127.0.0.1", ports[1] or 0)):
        async with LocalStack(home, durable=False) as second:
            assert {second.nats.port, second.postgres.port}.isdisjoint(ports)


async def test_a_server_that_does_not_start_says_why_with_the_end_of_its_log(home: Path) -> None:
    async with LocalStack(home, durable=False):
        pass
    (home / "postgres" / "data" / "PG_VERSION").write_text("12\n")
    broken = LocalStack(home, durable=False)
    with pytest.raises(Unavailable, match=r"(?s)postgres\.log ends so:.*database files are incompatible with server"):
        await broken.__aenter__()
    assert broken.nats.pid is None


async def test_secrets_that_do_not_fit_the_data_are_named(home: Path) -> None:
    async with LocalStack(home, durable=False):
        pass
    (home / "secrets.json").unlink()
    with pytest.raises(Unavailable, match=r"secrets\.json does not fit the data in .*postgres"):
        await LocalStack(home, durable=False).__aenter__()
    (home / "secrets.json").write_text("{")
    with pytest.raises(InvalidInput, match=r"secrets\.json cannot be read"):
        await LocalStack(home, durable=False).__aenter__()


@as_root
async def test_root_keeps_postgres_outside_a_private_home_and_opens_no_folder_for_it(home: Path) -> None:
    home.parent.chmod(0o700)
    async with LocalStack(home, durable=False) as stack:
        await remember(stack, "sheltered")
        assert psutil.Process(stack.postgres.pid).uids().effective != 0
    sheltered = (home / "postgres").resolve()
    assert sheltered.parent == SHELTER
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700
    async with LocalStack(home, durable=False) as again:
        assert await recall(again) == ("sheltered", "sheltered")
    rmtree(home)
    async with LocalStack(home, durable=False):
        assert not sheltered.exists(), "the data of the deleted home stayed behind"
        sheltered = (home / "postgres").resolve()
    rmtree(sheltered)


@as_root
async def test_data_that_a_private_home_brought_along_move_to_where_postgres_reaches_them(home: Path) -> None:
    async with LocalStack(home, durable=False) as stack:
        await remember(stack, "moved")
    assert not (home / "postgres").is_symlink()
    home.parent.chmod(0o700)
    async with LocalStack(home, durable=False) as stack:
        assert await recall(stack) == ("moved", "moved")
    rmtree((home / "postgres").resolve())
