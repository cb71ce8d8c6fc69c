"""What rows leave behind is listed, served whole and in parts, fetched into a folder; each file is kept once."""

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from playwright._impl._driver import compute_driver_executable

from services.healer.main import BLUEPRINT as HEALER
from services.ingest.main import BLUEPRINT as INGEST
from services.runner.main import BLUEPRINT as RUNNER
from services.scheduler.main import BLUEPRINT as SCHEDULER
from shared.testing.command_line import command
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

NEIGHBOUR = "somebody-else"


@pytest.fixture(scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """All four services, and a second organization beside the platform's own."""
    services, tokens = (INGEST, SCHEDULER, RUNNER, HEALER), dict[str, str]()
    running = Platform(tmp_path_factory.mktemp("artifacts home"), services, overrides=tokens)
    both = ((running.org, running.token), (uuid4(), NEIGHBOUR))
    tokens["api_tokens"] = ",".join(f"{org}:{hashlib.sha256(token.encode()).hexdigest()}" for org, token in both)
    async with running:
        yield running


@pytest.fixture(scope="module")
async def failed(platform: Platform) -> tuple[str, list[dict[str, Any]]]:
    """A job whose two rows fail, and what they left behind: pictures before and after each step, page, trace."""
    with Sites() as sites:
        imported = await platform.import_recording(register(sites.url))
        sites.look = "2"
        options = {"healing": False, "wait_timeout": 500, "trace": "on", "screenshots": "before,after,error"}
        job = await platform.run_job(imported["id"], people(2), options=options)
        position = 0
        async for event in platform.events(job["id"]):
            position = int(event["id"].partition("-")[0])
    return job["id"], await listed(platform, job["id"], at_least=position)


async def listed(platform: Platform, job_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = await platform.client.get(platform.at(f"/runner/v1/jobs/{job_id}/artifacts"), params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def digest_of(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


async def test_files_are_listed_by_row_and_type(platform: Platform, failed: tuple[str, list[dict[str, Any]]]) -> None:
    job_id, found = failed
    assert {each["artifact_type"] for each in found} == {"screenshot", "data", "trace"}
    assert {each["row_index"] for each in found} == {0, 1}
    traces = await listed(platform, job_id, row=1, type="trace")
    assert [(each["file_name"], each["mime_type"]) for each in traces] == [("trace.zip", "application/zip")]
    paged = [each for skip in range(0, len(found), 3) for each in await listed(platform, job_id, skip=skip, limit=3)]
    assert paged == found
    assert (
        await platform.client.get(platform.at(f"/runner/v1/jobs/{job_id}/artifacts?type=secret"))
    ).status_code == 422


async def test_a_file_has_its_type_and_name_and_its_parts_can_be_had(
    platform: Platform, failed: tuple[str, list[dict[str, Any]]]
) -> None:
    picture = next(each for each in failed[1] if each["file_name"] == "error.jpg")
    url = platform.at(picture["file_path"])
    whole = await platform.client.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/jpeg")
    assert whole.headers["content-disposition"].startswith("inline; filename=")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert hashlib.sha256(whole.content).hexdigest() == picture["checksum"]
    size, content, etag = len(whole.content), whole.content, whole.headers["etag"]
    for asked, part in {"bytes=0-9": content[:10], "bytes=10-": content[10:], "bytes=-7": content[-7:]}.items():
        answer = await platform.client.get(url, headers={"Range": asked, "If-Range": etag})
        assert answer.status_code == 206
        assert answer.content.hex()[:40] == part.hex()[:40]  # short, should they differ
        assert len(answer.content) == len(part)
        assert answer.headers["content-range"].endswith(f"/{size}")
    for header, status in {"Range": (f"bytes={size}-", 416), "If-None-Match": (etag, 304)}.items():
        answer = await platform.client.get(url, headers={header: status[0]})
        assert (answer.status_code, answer.content) == (status[1], b"")
    changed = await platform.client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (changed.status_code, len(changed.content)) == (200, size)
    head = await platform.client.head(url)
    assert (head.status_code, int(head.headers["content-length"]), head.content) == (200, size, b"")


async def test_a_page_of_somebody_elses_is_saved_rather_than_run(
    platform: Platform, failed: tuple[str, list[dict[str, Any]]]
) -> None:
    page = next(each for each in failed[1] if each["file_name"] == "error.html")
    answer = await platform.client.get(platform.at(page["file_path"]))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="error.html"'
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_file_of_another_organization_is_not_there(
    platform: Platform, failed: tuple[str, list[dict[str, Any]]]
) -> None:
    theirs, url = {"Authorization": f"Bearer {NEIGHBOUR}"}, platform.at(failed[1][0]["file_path"])
    own = (await platform.client.get(url)).headers["etag"]
    for more in ({}, {"Range": "bytes=0-1"}, {"If-None-Match": own}):
        assert (await platform.client.get(url, headers={**theirs, **more})).status_code == 404
    assert (await platform.client.head(url, headers=theirs)).status_code == 404
    jobs = platform.at(f"/runner/v1/jobs/{failed[0]}")
    assert (await platform.client.get(f"{jobs}/artifacts", headers=theirs)).json() == []
    assert (await platform.client.get(f"{jobs}/rows/0/picture", headers=theirs)).status_code == 404
    assert (await platform.client.get(f"{jobs}/rows/0/live", headers=theirs)).status_code == 404


async def test_the_same_picture_twice_is_stored_once(
    platform: Platform, failed: tuple[str, list[dict[str, Any]]]
) -> None:
    digests = [each["checksum"] for each in failed[1]]
    stored = [path.name for path in (platform.home / "objects" / str(platform.org)).rglob("*") if path.is_file()]
    assert len(set(digests)) < len(digests)  # a page that did not change between two steps looks the same
    assert sorted(name for name in stored if name in digests) == sorted(set(digests))


async def test_files_are_fetched_and_nothing_is_overwritten(
    platform: Platform, failed: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    where, to = {"RETOLD_TOKEN": platform.token}, tmp_path / "fetched"
    fetching = ("artifacts", failed[0], "--url", platform.address, "--to", to)
    got = (await command(*fetching, "--json", environment=where)).json
    assert len(got) == len(failed[1])
    for each in got:
        assert digest_of(each["path"]) == each["checksum"]
    assert (to / "row-1" / "trace.zip").is_file()
    again = await command(*fetching, environment=where)
    assert (again.code, again.out) == (0, f"{len(got)} files in {to}\n")
    (to / "row-0" / "error.jpg").write_bytes(b"mine")
    refused = await command(*fetching, environment=where)
    assert refused.code == 2
    assert "is another file" in refused.err
    assert (to / "row-0" / "error.jpg").read_bytes() == b"mine"
    shown = await command("artifacts", failed[0], "--type", "trace", "--url", platform.address, environment=where)
    assert shown.out.count("trace.zip") == 2
    hinted = await command("results", failed[0], "--url", platform.address, environment=where)
    assert f"retold artifacts {failed[0]}" in hinted.err


async def test_a_trace_that_was_fetched_is_read_by_playwright(
    platform: Platform, failed: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    trace = next(each for each in failed[1] if each["artifact_type"] == "trace")
    path = tmp_path / "trace.zip"
    path.write_bytes((await platform.client.get(platform.at(trace["file_path"]))).content)
    with ZipFile(path) as file:
        names = file.namelist()
    assert [name for name in names if name.endswith(".trace")]
    assert [name for name in names if name.endswith(".network")]
    assert [name for name in names if name.startswith("resources/")]
    node, cli = compute_driver_executable()
    for what, found in {"open": "", "actions": "navigate"}.items():
        asked = (node, cli, "trace", what, *([str(path)] if what == "open" else []))
        read = await asyncio.to_thread(
            subprocess.run, asked, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path
        )
        assert read.returncode == 0, read.stderr
        assert found.lower() in read.stdout.lower(), read.stdout
