"""The laptop mode: what it keeps, and `retold up` as a process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.laptop import Laptop, Running, default_home
from shared.testing.command_line import ROOT, command
from shared.testing.folders import open_folder


def test_a_laptop_stays_who_it_is_and_is_not_taken_for_running_when_it_was_killed(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path)
    identity = laptop.identity()
    assert Laptop(tmp_path).identity() == identity
    assert identity.token.startswith("retold_local_")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    described = {"token": "t", "nats_url": "n", "postgres_urls": {}, "objects_url": "o", "nats_system_url": "s"}
    laptop.started(Running(address="http://127.0.0.1:15000", pid=ended.pid, **described))
    assert laptop.running() is None
    laptop.started(Running(address="http://127.0.0.1:15000", pid=os.getpid(), **described))
    assert laptop.running() is not None
    assert laptop.identity().port == 15000
    laptop.stopped()
    assert laptop.running() is None


def test_the_home_is_where_the_environment_says() -> None:
    assert default_home({"RETOLD_HOME": "/a b"}) == Path("/a b")
    assert default_home({"XDG_DATA_HOME": "/data", "HOME": "/h"}) == Path("/data/retold")
    assert default_home({"HOME": "/h"}) == Path("/h/.local/share/retold")


@pytest.fixture
def home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "home"


async def test_up_says_where_it_is_keeps_its_port_and_stops_on_interrupt(home: Path) -> None:
    addresses = set()
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services", "up", "--json", "--home", str(home)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            said = json.loads(await asyncio.wait_for(process.stdout.readline(), timeout=60))
            addresses.add(said["address"])
            running = Laptop(home).running()
            assert (running and running.address, said["token_file"]) == (said["address"], str(home / "run.json"))
            assert (await command("jobs", "--json", "--home", home)).json == []
            second = await command("up", "--home", home)
            assert second.code == 4
            assert str(home) in second.err
            process.send_signal(signal.SIGINT)
            out, err = await asyncio.wait_for(process.communicate(), timeout=30)
            assert (process.returncode, out, err) == (0, b"", b"")
            assert Laptop(home).running() is None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert len(addresses) == 1
