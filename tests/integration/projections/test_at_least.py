"""Read your own writes: every reading route waits for a position of the log."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from shared.bus import subjects
from shared.contracts.ingest import UserInvited
from shared.web.app import service_app
from tests.integration.projections.conftest import SERVICES
from tests.integration.projections.read_models import ReadModels, submit_job

NO_READ_MODEL = {
    "/v1/recording.schema.json",  # a constant
    "/v1/files/{digest}",  # by its content's hash: there or not
    "/v1/jobs/{job_id}/events",  # the log itself, live
    "/v1/jobs/{job_id}/logs/live",
    "/v1/jobs/{job_id}/rows/{row}/live",  # as it happens
    "/v1/jobs/{job_id}/rows/{row}/live.html",
    "/v1/jobs/{job_id}/rows/{row}/picture",
    "/v1/recording-sessions/{session_id}",  # the log itself, and whoever holds it
    "/v1/recording-sessions/{session_id}/view",
    "/v1/browser-types",  # who is present now
    "/v1/workers",
    "/v1/model",
    "/v1/recordings/{recording_id}/healing",  # the log itself, as it is now
    "/v1/recordings/{recording_id}/steps",
    "/v1/recordings/{recording_id}/diff",
}
TOKEN = "a token of the tests"
ORG = uuid4()


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _app(models: ReadModels, service: str) -> Any:
    blueprint, own = models.blueprints[service], models.resources[service]
    tokens = {hashlib.sha256(TOKEN.encode()).hexdigest(): ORG}
    return service_app(service, blueprint.summary, blueprint.build(own).router, tokens)


@pytest.fixture
async def asked(read_models: ReadModels) -> AsyncIterator[dict[str, httpx2.AsyncClient]]:
    """A client of every service; nobody projects."""
    clients = {}
    for name in SERVICES:
        transport = httpx2.ASGITransport(_app(read_models, name))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        clients[name] = httpx2.AsyncClient(transport=transport, base_url="http://test/v1", headers=headers)
    yield clients
    for client in clients.values():
        await client.aclose()


def test_every_reading_route_takes_a_position_to_wait_for(read_models: ReadModels, service: str) -> None:
    paths = _app(read_models, service).openapi()["paths"]
    without = {
        path
        for path, operations in paths.items()
        if "get" in operations and "at_least" not in {each["name"] for each in operations["get"].get("parameters", [])}
    }
    assert without <= NO_READ_MODEL


async def test_what_is_not_yet_visible_is_waited_for_and_then_told_as_503(
    read_models: ReadModels, asked: dict[str, httpx2.AsyncClient]
) -> None:
    await read_models.project_all("ingest.users")
    invited = UserInvited(user_id=uuid4(), email="waited-for@y.example", role="member")
    position = await read_models.tell(subjects.organization(ORG), invited, org=ORG)
    answer = await asked["ingest"].get("/users", params={"at_least": position})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert f"has not yet reached position {position}" in answer.json()["detail"]
    async with read_models.projecting("ingest.users"):
        answer = await asked["ingest"].get("/users", params={"at_least": position})
    assert answer.status_code == 200
    assert "waited-for@y.example" in answer.text


async def test_a_position_of_something_that_a_read_model_does_not_show_is_not_waited_for(
    read_models: ReadModels, asked: dict[str, httpx2.AsyncClient]
) -> None:
    await read_models.project_all("ingest.users")
    await submit_job(read_models, 1)
    position = await read_models.log.last_position()
    answer = await asked["ingest"].get("/users", params={"at_least": position})
    assert answer.status_code == 200


async def test_a_position_that_the_log_has_not_reached_is_told_as_503(
    read_models: ReadModels, asked: dict[str, httpx2.AsyncClient]
) -> None:
    position = await read_models.log.last_position() + 1_000
    answer = await asked["scheduler"].get("/jobs", params={"at_least": position})
    assert answer.status_code == 503
    assert f"the log has not yet reached position {position}" in answer.json()["detail"]


async def test_nobody_waits_who_has_not_said_who_he_is(
    read_models: ReadModels, asked: dict[str, httpx2.AsyncClient]
) -> None:
    far = await read_models.log.last_position() + 1_000
    answer = await asked["healer"].get("/heals", params={"at_least": far}, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
