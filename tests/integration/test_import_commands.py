"""Importing from the command line: a look before, one test or all of a project, and the columns afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.ingest.main import BLUEPRINT as INGEST
from shared.laptop import Wishes, run_laptop
from shared.testing.command_line import Ended, command
from shared.testing.folders import open_folder
from tests.unit.ingest.selenium_files import project

Retold = Callable[..., Awaitable[Ended]]
SHOP = project(
    {
        "login": [
            ("open", "/login"),
            ("type", "id=user", "ada"),
            ("type", "id=password", "hunter2"),
            ("click", "id=go"),
        ],
        "buy": [("open", "/"), ("type", "id=amount", "${amount}"), ("if", "later()"), ("click", "id=x"), ("end",)],
        "broken": [("if", "true")],
    }
)


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[tuple[Retold, Path]]:
    with open_folder() as folder:
        home, ready, stopping = folder / "home", asyncio.Event(), asyncio.Event()

        async def started(_: object) -> None:
            ready.set()

        running = asyncio.create_task(run_laptop(home, [INGEST], started, Wishes(stopping=stopping)))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        if running.done():
            running.result()
        (folder / "shop.side").write_bytes(SHOP)

        async def retold(*arguments: object) -> Ended:
            return await command(*arguments, "--home", home)

        yield retold, folder
        stopping.set()
        await running


async def test_a_preview_shows_all_and_stores_nothing(shop: tuple[Retold, Path]) -> None:
    retold, folder = shop
    shown = await retold("import", folder / "shop.side", "--test", "login", "--preview", "--json")
    assert [step["event"] for step in shown.json["steps"]] == ["navigate", "type", "type", "click"]
    assert shown.json["report"] == {"exact": 4, "changed": 0, "not_carried": 0}
    assert "hunter2" not in shown.out
    told = await retold("import", folder / "shop.side", "--test", "buy", "--preview")
    assert "the block is left out" in told.out
    assert "nothing is stored" in told.out
    assert (await retold("recordings", "--json")).json == []


async def test_a_project_of_several_tests_asks_which(shop: tuple[Retold, Path]) -> None:
    retold, folder = shop
    refused = await retold("import", folder / "shop.side")
    assert (refused.code, refused.out) == (2, "")
    assert 'holds 3 tests: "login", "buy", "broken"; choose one with --test' in refused.err
    unclear = await retold("import", folder / "shop.side", "--every-test", "--test", "buy")
    assert unclear.code == 2


async def test_every_test_becomes_a_recording_whose_columns_can_be_named(shop: tuple[Retold, Path]) -> None:
    retold, folder = shop
    every = (await retold("import", folder / "shop.side", "--every-test", "--json")).json
    assert [each["name"] for each in every["recordings"]] == ["shop: login", "shop: buy"]
    assert [each["name"] for each in every["refused"]] == ["broken"]
    named = await retold("variables", "shop: login", "--set", "User=Login name", "--optional", "Password", "--json")
    assert [(each["label"], each["column"], each["required"]) for each in named.json] == [
        ("User", "Login name", True),
        ("Password", "Password", False),
    ]
    assert (await retold("recordings", "shop: login", "--json")).json["revision"] == 2
    assert "hunter2" not in named.out
    kept = folder / "login.csv"
    assert (await retold("template", "shop: login", "--output", kept)).code == 0
    assert kept.read_text("utf-8-sig") == "Login name,Password\n<User>,<Password>\n"
    assert (await retold("template", "shop: login", "--output", kept)).code == 2
    refused = await retold("variables", "shop: login", "--set", "Nobody=x")
    assert refused.code == 2
    assert 'no variable "Nobody"; it has: "User", "Password"' in refused.err


async def test_a_file_of_a_hundred_megabytes_is_refused_by_its_size(shop: tuple[Retold, Path]) -> None:
    retold, folder = shop
    large = folder / "large.side"
    with large.open("wb") as file:
        file.write(json.dumps({"tests": []}).encode())
        file.truncate(100 * 1024**2)
    refused = await retold("import", large)
    assert refused.code == 2
    assert "MiB" in refused.err
