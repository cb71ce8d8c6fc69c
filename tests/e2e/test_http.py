"""What a program sees of the services: problems, callers, pages, live streams."""

import json
from uuid import uuid4

import pytest

from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

NOBODYS = "5b43e56e-3e40-4328-a850-57cdbcc3afbf"  # the id of nothing

SERVICES = ("ingest", "scheduler", "runner", "healer")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_publishes_openapi_3_1_under_its_prefix(platform: Platform, service: str) -> None:
    answer = await platform.client.get(f"/{service}/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": f"/{service}"}]
    assert document["paths"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/ingest/v1/recordings/{NOBODYS}", 404),
        ("GET", "/ingest/v1/recordings/not-an-id", 422),
        ("GET", f"/scheduler/v1/jobs/{NOBODYS}/events", 404),
        ("POST", f"/scheduler/v1/jobs/{NOBODYS}/cancel", 404),
        ("GET", "/scheduler/v1/jobs?cursor=nonsense", 422),
        ("GET", "/runner/v1/files/nonsense", 422),
        ("GET", f"/runner/v1/files/{'0' * 64}", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/ingest/v1/recordings", 405),
    ],
)
async def test_errors_are_problems(platform: Platform, method: str, path: str, status: int) -> None:
    answer = await platform.client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["trace_id"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}])
@pytest.mark.parametrize(
    "path", ["/ingest/v1/recordings", "/scheduler/v1/jobs", f"/runner/v1/jobs/{NOBODYS}/results", "/healer/v1/heals"]
)
async def test_nobody_reads_without_a_token(platform: Platform, path: str, header: dict[str, str]) -> None:
    client = platform.client
    request = client.build_request("GET", path)
    del request.headers["Authorization"]
    request.headers.update(header)
    answer = await client.send(request)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_hostile_recording_is_refused_with_where_and_what(platform: Platform) -> None:
    file = {"title": "x", "steps": [{"type": "navigate", "url": "javascript:alert(1)"}]}
    answer = await platform.client.post("/ingest/v1/recordings", content=json.dumps(file))
    assert answer.status_code == 422
    assert "/steps/0" in answer.text


async def test_a_file_over_the_limit_is_refused(platform: Platform) -> None:
    answer = await platform.client.post("/ingest/v1/recordings", content=b" " * (5 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert "5 MiB" in answer.json()["detail"]


async def test_a_recording_of_two_thousand_steps_is_kept_and_shown(platform: Platform) -> None:
    told = {"xpath": f"/html/body{'/div[1]' * 100}", "visibleText": "Save " * 40, "tag": "button"}
    step = {"event": "click", "label": "Save", "navigation": {"type": "same_page"}, "bundle": told}
    steps = [{"stepNumber": number, **step} for number in range(1, 2001)]
    long = {"name": "Long", "starting_url": "https://example.org/", "steps": steps}
    stored = await platform.import_recording(long)
    shown = await platform.client.get(f"/ingest/v1/recordings/{stored['id']}", params={"at_least": stored["position"]})
    assert (shown.status_code, len(shown.json()["steps"])) == (200, 2000)


async def test_a_table_with_two_equal_headers_is_refused_by_name(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    answer = await platform.client.post(
        "/scheduler/v1/jobs",
        files={"file": ("t.csv", b"name,name\nA,B\n")},
        data={"request": json.dumps({"recording_id": recording["id"]})},
    )
    assert answer.status_code == 422
    assert "name" in answer.json()["detail"]


async def test_the_same_idempotency_key_imports_once(platform: Platform, sites: Sites) -> None:
    content, headers = json.dumps(register(sites.url)), {"Idempotency-Key": str(uuid4())}
    first = await platform.client.post("/ingest/v1/recordings", content=content, headers=headers)
    second = await platform.client.post("/ingest/v1/recordings", content=content, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]


async def test_lists_are_read_page_by_page(platform: Platform, sites: Sites) -> None:
    for _ in range(3):
        last = await platform.import_recording(register(sites.url))
    seen: list[str] = []
    url: str | None = f"/ingest/v1/recordings?limit=2&at_least={last['position']}"
    while url:
        answer = await platform.client.get(url)
        seen += [recording["id"] for recording in answer.json()]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert len(seen) == len(set(seen)) >= 3
    assert seen[0] == last["id"]


async def test_log_lines_come_live_and_resume(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(1))
    await platform.ended(job["id"])
    ids: list[str] = []
    async with platform.client.stream("GET", f"/runner/v1/jobs/{job['id']}/logs/live", timeout=20) as answer:
        messages = ""
        async for line in answer.aiter_lines():
            ids += [line[3:].strip()] if line.startswith("id:") else []
            messages += line
            if "succeeded" in messages:
                break
    assert "step 8 click" in messages
    headers = {"Last-Event-ID": ids[-2]}
    async with platform.client.stream(
        "GET", f"/runner/v1/jobs/{job['id']}/logs/live", headers=headers, timeout=20
    ) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("id:"):
                assert line[3:].strip() == ids[-1]
                break
        else:
            pytest.fail("the line behind the last one seen never came")


async def test_health_tells_what_answers(platform: Platform) -> None:
    assert (await platform.client.get("/livez")).json() == {"status": "ok"}
    ready = (await platform.client.get("/readyz")).json()
    assert ready["status"] == "ok"
    assert set(ready["checks"]) == {f"{service}.{part}" for service in SERVICES for part in ("nats", "postgres")}
    assert "python_info" in (await platform.client.get("/metrics")).text
