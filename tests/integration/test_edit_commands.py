"""Editing a recording over HTTP and with `retold edit`, and what `history`, `diff` and `undo` tell of it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from shared.contracts.sealed import MASK, SEALED_PREFIX
from tests.integration.test_command_line import Upright, upright  # noqa: F401 - a fixture

# A recording of each test's own.


@pytest.fixture
async def edited(upright: Upright) -> dict[str, Any]:  # noqa: F811
    imported: dict[str, Any] = (await upright.retold("import", upright.files / "recording.json", "--json")).json
    return imported


@pytest.fixture
async def http(upright: Upright) -> AsyncIterator[httpx2.AsyncClient]:  # noqa: F811
    running = upright.laptop.running()
    assert running
    headers = {"Authorization": f"Bearer {running.token}"}
    async with httpx2.AsyncClient(base_url=f"{running.address}/ingest/v1", headers=headers) as client:
        yield client


async def test_a_recording_is_edited_step_by_step_and_every_edit_is_a_revision(
    upright: Upright,  # noqa: F811
    edited: dict[str, Any],
) -> None:
    recording = edited["id"]
    number = len(edited["steps"])

    async def edit(*words: object) -> int:
        done = (await upright.retold("edit", recording, *words, "--json")).json
        revision: int = done["revision"]
        return revision

    assert await edit("rename", "Add a colleague") == 2
    assert await edit("set", 2, "--label", "Login name") == 3
    assert await edit("insert", "assert", "--selector", "h1", "--value", "Saved", "--label", "Heading") == 4
    assert await edit("insert", "wait", "--at", 2, "--value", "200") == 5
    assert await edit("move", number + 2, 3) == 6
    assert await edit("disable", 2) == 7
    assert await edit("enable", 2) == 8
    assert await edit("delete", 2) == 9
    listed = (await upright.retold("edit", recording, "steps", "--json")).json
    assert (listed["name"], listed["revision"]) == ("Add a colleague", 9)
    assert [step["event"] for step in listed["steps"]] == ["navigate", "assert", "type", "type", "click"]
    assert [step["stepNumber"] for step in listed["steps"]] == [1, 2, 3, 4, 5]
    history = (await upright.retold("history", recording, "--json")).json
    assert [each["kind"] for each in history] == ["imported"] + ["edited"] * 8
    told = (await upright.retold("history", recording)).out
    for words in ("called Add a colleague", "step 6 moved to 3", "step 2 inserted", "step 2 deleted"):
        assert words in told
    variables = (await upright.retold("variables", recording, "--json")).json
    assert [(each["label"], each["step_number"]) for each in variables][:2] == [("Heading", 2), ("Login name", 3)]


async def test_what_lies_between_two_revisions_is_told_and_no_secret_with_it(
    upright: Upright,  # noqa: F811
    edited: dict[str, Any],
) -> None:
    recording = edited["id"]
    clear = ("type", "--at", 2, "--value", "clear-and-soon-secret", "--metadata", '{"elementType": "text"}')
    assert (await upright.retold("edit", recording, "insert", *clear)).code == 0
    await upright.retold("edit", recording, "set", 2, "--secret")
    await upright.retold("edit", recording, "delete", 1)
    between = (await upright.retold("diff", recording, 2, 3, "--json")).json
    (step,) = between["steps"]
    assert {"field": "metadata.secret", "before": None, "after": True} in step["fields"]
    assert {"field": "value", "before": MASK, "after": MASK} in step["fields"]
    whole = await upright.retold("diff", recording, 1)
    assert "step 1 navigate" in whole.out
    assert "removed" in whole.out
    assert "clear-and-soon-secret" not in whole.out + json.dumps(between)
    last = (await upright.retold("diff", recording, "--json")).json
    assert (last["before"], last["after"]) == (3, 4)
    refused = await upright.retold("diff", recording, 3, 9)
    assert refused.code == 1
    assert "the revisions are 1 to 4" in refused.err


async def test_an_edit_is_taken_back(upright: Upright, edited: dict[str, Any]) -> None:  # noqa: F811
    recording = edited["id"]
    before = (await upright.retold("edit", recording, "steps", "--json")).json
    await upright.retold("edit", recording, "delete", 2)
    assert (await upright.retold("undo", recording, "--revision", 2)).code == 0
    after = (await upright.retold("edit", recording, "steps", "--json")).json
    assert after == {**before, "revision": 3}
    same = (await upright.retold("diff", recording, 1, 3, "--json")).json
    assert (same["steps"], same["variables"]) == ([], [])


async def test_an_edit_of_a_revision_that_is_not_the_newest_is_refused_with_what_to_do(
    upright: Upright,  # noqa: F811
    edited: dict[str, Any],
    http: httpx2.AsyncClient,
) -> None:
    url = f"/recordings/{edited['id']}"
    first = await http.patch(url, params={"revision": 1}, json={"name": "One"})
    assert (first.status_code, first.json()["revision"]) == (200, 2)
    late = await http.delete(f"{url}/steps/2", params={"revision": 1})
    assert late.status_code == 409
    assert "is at revision 2" in late.json()["detail"]
    assert "retold diff" in late.json()["detail"]
    unsaid = await http.delete(f"{url}/steps/2")
    assert unsaid.status_code == 422
    told = await upright.retold("edit", edited["id"], "delete", 2, "--revision", 1)
    assert (told.code, told.out) == (1, "")


async def test_what_could_not_be_imported_is_refused_and_changes_nothing(
    edited: dict[str, Any], http: httpx2.AsyncClient
) -> None:
    url, now = f"/recordings/{edited['id']}", {"revision": 1}
    hostile: list[dict[str, Any]] = [
        {"at": 1, "event": "teleport"},
        {"at": 99, "event": "wait"},
        {"at": 1, "event": "navigate", "value": "file:///etc/passwd"},
        {"at": 1, "event": "wait", "metadata": {"a": "x" * 100_000}},
        {"at": 1, "event": "wait", "label": "\u001b[31mred"},
        {"at": 1, "event": "wait", "metadata": {"n": 10**30}},
        {"at": 1, "event": "wait", "bundle": {"id": 7}},
        {"at": 1, "event": "wait", "value": "\u0000"},
        {"at": 1, "event": "wait", "unknown": True},
    ]
    for step in hostile:
        answer = await http.post(f"{url}/steps", params=now, json=step)
        assert answer.status_code in (404, 413, 422), (step, answer.text)
    for wish in ({}, {"label": ""}, {"selector": "#a" * 40_000}, {"disabled": "perhaps"}):
        assert (await http.patch(f"{url}/steps/2", params=now, json=wish)).status_code == 422
    assert (await http.get(f"{url}/steps")).json()["revision"] == 1
    assert (await http.get("/recordings/00000000-0000-0000-0000-000000000000/steps")).status_code == 404


async def test_a_secret_that_is_set_is_sealed_as_an_imported_one(
    edited: dict[str, Any], http: httpx2.AsyncClient
) -> None:
    url = f"/recordings/{edited['id']}"
    for revision, wish in enumerate(({"secret": True}, {"value": "hush-hush"}), start=1):
        answer = await http.patch(f"{url}/steps/2", params={"revision": revision}, json=wish)
        assert answer.status_code == 200, answer.text
    stored = await http.get(url, params={"at_least": answer.json()["position"]})
    step = stored.json()["steps"][1]
    assert step["value"] == MASK
    assert "hush-hush" not in stored.text
    assert SEALED_PREFIX not in stored.text
