"""Ad-hoc automation jobs (document E): an address and actions, run once by a real browser."""

import json
import re
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from shared.testing.command_line import Ended, command
from shared.testing.platform import Platform
from shared.testing.sites import Sites

PLACE = "/scheduler/v1/automation-jobs"


async def asked(platform: Platform, url: str, *actions: dict[str, Any], **more: Any) -> Any:
    """The answer to a request for an automation job."""
    body = {"target_url": url, "actions": list(actions), "wait_until": "load", **more}
    return await platform.client.post(platform.at(PLACE), json=body)


async def ran(platform: Platform, url: str, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The automation job once it has ended."""
    answer = await asked(platform, url, *actions, **more)
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["id"]
    assert answer.headers["location"] == f"{PLACE}/{job_id}"
    await platform.ended(job_id)
    job: dict[str, Any] = (await platform.client.get(platform.at(f"{PLACE}/{job_id}"))).json()
    return job


async def file(platform: Platform, url: str) -> bytes:
    answer = await platform.client.get(platform.at(url))
    assert answer.status_code == 200, answer.text
    return answer.content


def register(password: str = "clear-Passw0rd") -> tuple[dict[str, Any], ...]:
    return (
        {"type": "fill", "selector": "label=Name", "value": "Ann Example"},
        {"action": "type", "selector": "#email", "text": "ann@example.org"},
        {"type": "fill", "selector": "#password", "value": password},
        {"type": "check", "selector": "#newsletter"},
        {"type": "select", "selector": "#country", "value": "fr"},
        {"type": "click", "selector": 'role=button[name="Create account"]', "wait_for_navigation": True},
    )


async def test_a_job_fills_a_form_and_brings_back_values_and_files(platform: Platform, sites: Sites) -> None:
    job = await ran(
        platform,
        f"{sites.url}/register/",
        *register(),
        {"type": "extract", "selector": "h1", "name": "heading"},
        {"type": "evaluate", "script": "location.pathname", "name": "path"},
        artifacts=["screenshot", "pdf"],
        wait_until="networkidle",
    )
    assert job["status"] == "completed", job
    assert (job["retry_count"], job["error_message"]) == (0, None)
    (entry,) = sites.entries()
    del entry["id"]
    assert entry == {
        "name": "Ann Example",
        "email": "ann@example.org",
        "password": "clear-Passw0rd",
        "newsletter": "yes",
        "country": "fr",
    }
    assert job["result"]["extracted"]["path"] == "/register/done"
    assert job["result"]["extracted"]["heading"]
    kept = {each["artifact_type"]: each for each in job["artifacts"]}
    assert kept.keys() == {"screenshot", "pdf", "data"}
    assert (await file(platform, kept["screenshot"]["file_path"])).startswith(b"\xff\xd8")
    assert (await file(platform, kept["pdf"]["file_path"])).startswith(b"%PDF")
    assert json.loads(await file(platform, kept["data"]["file_path"])) == job["result"]["extracted"]


async def test_a_password_is_nowhere_in_clear(platform: Platform, sites: Sites) -> None:
    job = await ran(platform, f"{sites.url}/register/", *register("the-clear-secret"))
    assert job["status"] == "completed", job
    assert sites.entries()[0]["password"] == "the-clear-secret"
    places = (
        f"/scheduler/v1/jobs/{job['id']}",
        *(f"/runner/v1/jobs/{job['id']}/{each}" for each in ("results", "logs")),
    )
    shown = [json.dumps(job), *[(await platform.client.get(platform.at(path))).text for path in places]]
    assert not any("the-clear-secret" in text for text in shown)


async def test_data_without_an_action_that_takes_some_is_what_the_page_says(platform: Platform, sites: Sites) -> None:
    job = await ran(platform, f"{sites.url}/register/", artifacts="data")
    assert job["result"]["extracted"].keys() == {"title", "url", "text"}
    assert job["result"]["extracted"]["url"] == f"{sites.url}/register/"


async def test_a_value_that_was_taken_is_used_later(platform: Platform, sites: Sites) -> None:
    job = await ran(
        platform,
        f"{sites.url}/register/",
        {"type": "evaluate", "script": "return 'a' + 1", "name": "made"},
        {"type": "fill", "selector": "#name", "value": "${made} and ${unknown}"},
        {"type": "fill", "selector": "#email", "value": "${made}@example.org"},
        {"type": "extract", "selector": "#name", "what": "value", "name": "first"},
        {"type": "extract", "selector": "#email", "what": "value", "name": "second"},
    )
    assert job["result"]["extracted"] == {
        "made": "a1",
        "first": "${made} and ${unknown}",
        "second": "a1@example.org",
    }


async def test_a_job_that_fails_is_tried_again_and_says_why(platform: Platform, sites: Sites) -> None:
    job = await ran(
        platform,
        f"{sites.url}/register/",
        {"type": "click", "selector": "#not-there"},
        max_retries=1,
        options={"wait_timeout": 200, "retry_delay": 0},
    )
    assert (job["status"], job["retry_count"], job["max_retries"]) == ("failed", 1, 1)
    assert "actions[0] #not-there" in job["error_message"]
    assert (job["result"]["error_type"], job["result"]["failed_step"]) == ("not_found", 2)


async def test_a_job_that_takes_too_long_fails(platform: Platform, sites: Sites) -> None:
    job = await ran(platform, f"{sites.url}/register/", {"type": "wait", "ms": 20_000}, timeout_ms=1500, max_retries=0)
    assert (job["status"], job["result"]["error_type"]) == ("failed", "timeout")


async def test_a_file_comes_with_the_job(platform: Platform, sites: Sites) -> None:
    make = "document.body.insertAdjacentHTML('beforeend', '<input id=f type=file>')"
    job = await ran(
        platform,
        f"{sites.url}/register/",
        {"type": "evaluate", "script": make},
        {"type": "upload", "selector": "#f", "file": {"name": "hello.txt", "content": "Hello, file"}},
        {
            "type": "evaluate",
            "script": "async () => (await document.querySelector('#f').files[0].text())",
            "name": "said",
        },
    )
    assert job["status"] == "completed", job
    assert job["result"]["extracted"]["said"] == "Hello, file"
    assert job["actions"][1]["file"] == ["hello.txt"]


async def test_what_the_policy_refuses_is_not_begun(platform: Platform, sites: Sites) -> None:
    pattern = "http://127.0.0.1/admin/*"
    policies = platform.at("/ingest/v1/url-policies")
    added = (await platform.client.post(policies, json={"pattern": pattern, "type": "blacklist"})).json()
    try:
        refused = await asked(platform, f"{sites.url}/admin/x")
        assert refused.status_code == 422
        assert f"it is denied by {pattern}" in refused.json()["detail"]
        assert refused.json()["errors"][0]["pointer"] == "/target_url"
        refused = await asked(platform, f"{sites.url}/register/", {"type": "goto", "url": "/admin/y"})
        assert refused.status_code == 422
        # Where a script leads there, the runner refuses.
        job = await ran(
            platform,
            f"{sites.url}/register/",
            {"type": "evaluate", "script": "location.href = '/admin/z'"},
            {"type": "wait_for_url", "url": "**/admin/z", "timeout": 1000},
            max_retries=0,
        )
        assert job["status"] == "failed"
        assert "GET /admin/z" not in sites.requests
    finally:
        await platform.client.delete(f"{policies}/{added['id']}")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"target_url": "ftp://x/"}, "/target_url"),
        ({"target_url": "example.com"}, "/target_url"),
        ({"target_url": "http://x/", "actions": [{"type": "wait", "ms": 1}, {"type": "clik"}]}, "/actions/1"),
        ({"target_url": "http://x/", "actions": [{"type": "click"}]}, "/actions/0/selector"),
        ({"target_url": "http://x/", "priority": 101}, "/body/priority"),
        ({"target_url": "http://x/", "wait_until": "never"}, "/body/wait_until"),
        ({"actions": []}, "/body/target_url"),
    ],
)
async def test_what_is_wrong_is_said_with_its_place(platform: Platform, body: dict[str, Any], where: str) -> None:
    answer = await platform.client.post(platform.at(PLACE), json=body)
    assert answer.status_code == 422
    assert where in [each["pointer"] for each in answer.json()["errors"]]


async def test_a_browser_is_named_by_its_id_or_its_name(platform: Platform, sites: Sites) -> None:
    job = await ran(platform, f"{sites.url}/register/", browser_type_id=4)
    assert (job["browser_type"], job["browser_type_id"], job["status"]) == ("chromium-mobile", 4, "completed")
    answer = await asked(platform, sites.url, browser_type="Netscape")
    assert answer.status_code == 422
    assert "there is no browser type" in answer.json()["detail"]


async def test_what_is_left_out_is_said(platform: Platform, sites: Sites) -> None:
    answer = await asked(platform, f"{sites.url}/register/", {"type": "click", "selector": "h1", "sped": 3}, foo=1)
    assert answer.json()["notes"] == [
        '"foo" is not known, and was left out',
        'actions[0]: "sped" is not known, and was left out',
    ]
    await platform.ended(answer.json()["id"])


async def test_a_job_is_made_once_for_each_key(platform: Platform, sites: Sites) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"target_url": f"{sites.url}/register/", "wait_until": "load"}
    first, second = [
        (await platform.client.post(platform.at(PLACE), json=body, headers=headers)).json()["id"] for _ in range(2)
    ]
    assert first == second
    await platform.ended(first)


async def test_jobs_are_listed_and_counted_in_the_documents_words(platform: Platform, sites: Sites) -> None:
    job = await ran(platform, f"{sites.url}/register/", priority=7)
    counted = (await platform.client.get(platform.at(f"{PLACE}/stats"))).json()
    assert counted.keys() == {"pending", "processing", "completed", "failed", "cancelled"}
    listed = (await platform.client.get(platform.at(PLACE), params={"status": "completed", "limit": 500})).json()
    assert len(listed) == counted["completed"]
    own = next(each for each in listed if each["id"] == job["id"])
    assert (own["priority"], own["target_url"], own["wait_until"]) == (7, f"{sites.url}/register/", "load")


async def test_a_job_under_way_is_cancelled(platform: Platform, sites: Sites) -> None:
    answer = await asked(platform, f"{sites.url}/register/", {"type": "wait", "ms": 20_000})
    job_id = answer.json()["id"]
    async for event in platform.events(job_id):
        if event["type"] == "RowStarted":
            stopped = await platform.client.post(platform.at(f"{PLACE}/{job_id}/cancel"))
            assert stopped.status_code == 202
    await platform.ended(job_id)
    assert (await platform.client.get(platform.at(f"{PLACE}/{job_id}"))).json()["status"] == "cancelled"


async def test_a_job_is_run_again_with_its_secrets(platform: Platform, sites: Sites) -> None:
    job = await ran(platform, f"{sites.url}/register/", *register())
    again = platform.at(f"/scheduler/v1/jobs/{job['id']}/rerun")
    answer = await platform.client.post(again, json={"which": "all"})
    assert answer.status_code == 202, answer.text
    await platform.ended(answer.json()["id"])
    second = (await platform.client.get(platform.at(f"{PLACE}/{answer.json()['id']}"))).json()
    assert second["status"] == "completed", second
    assert [each["password"] for each in sites.entries()] == ["clear-Passw0rd"] * 2


def retold(platform: Platform, *arguments: object) -> Awaitable[Ended]:
    """The command line, against the platform."""
    where = {"RETOLD_TOKEN": platform.token}
    return command("automate", *arguments, "--url", platform.address, environment=where)


async def test_a_person_automates_a_page_from_the_command_line(
    platform: Platform, sites: Sites, tmp_path: Path
) -> None:
    (tmp_path / "actions.json").write_text(json.dumps(register()))
    extract = '{"type": "extract", "selector": "h1", "name": "heading"}'
    given = ("--actions", tmp_path / "actions.json", "--action", extract, "--screenshot", "--wait-until", "load")
    shown = await retold(platform, f"{sites.url}/register/", *given)
    assert shown.code == 0, shown.err
    assert len(sites.entries()) == 1
    assert "heading" in shown.out
    assert re.search(rf"page\.jpg +screenshot +\d+ +{platform.address}/runner/v1/files/[0-9a-f]{{64}}", shown.out)
    told = await retold(platform, f"{sites.url}/register/", "--data", "--wait-until", "load", "--json")
    assert told.json["result"]["extracted"]["title"] == "Register"
    assert told.err == ""


async def test_the_command_line_says_what_went_wrong(platform: Platform, sites: Sites) -> None:
    url = f"{sites.url}/register/"
    wrong = await retold(platform, url, "--action", '{"type": "clik"}')
    assert (wrong.code, wrong.out) == (2, "")
    assert "actions[0]" in wrong.err
    assert (await retold(platform, url, "--action", "{")).code == 2
    gone = ("--action", '{"type": "click", "selector": "#gone"}', "--max-retries", "0", "-o", "wait_timeout=200")
    failed = await retold(platform, url, *gone, "--wait-until", "load")
    assert failed.code == 3
    assert "#gone" in failed.err


async def test_the_command_line_need_not_wait(platform: Platform, sites: Sites) -> None:
    begun = await retold(platform, f"{sites.url}/register/", "--detach", "--wait-until", "load", "--json")
    assert begun.json["status"] == "pending"
    await platform.ended(begun.json["id"])
