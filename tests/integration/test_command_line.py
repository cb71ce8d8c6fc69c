"""The command line as a process, against services on their own NATS and Postgres."""

import asyncio
import json
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.ingest.main import BLUEPRINT as INGEST
from services.scheduler.main import BLUEPRINT as SCHEDULER
from shared.laptop import Laptop, Running, Wishes, run_laptop
from shared.testing.command_line import ROOT, Ended, command
from shared.testing.folders import open_folder

PASSWORD = "correct horse battery"
RECORDING = {
    "title": "Add a user",
    "steps": [
        {"type": "navigate", "url": "http://127.0.0.1:9/add"},
        {"type": "change", "selectors": [["aria/User name"], ["#user"]], "value": "ann"},
        {"type": "change", "selectors": [["aria/Password"], ["#password"]], "value": PASSWORD},
        {"type": "click", "selectors": [["aria/Save"], ["#save"]], "offsetX": 1, "offsetY": 1},
    ],
}
TABLE = "Login,Password,Note\nada,s3cret-of-ada,=1+1\nbob,s3cret-of-bob,plain\n"


Retold = Callable[..., Awaitable[Ended]]


@dataclass(frozen=True)
class Upright:
    """A laptop that runs ingest and scheduler, the command line on its home, and a folder for files."""

    laptop: Laptop
    retold: Retold
    files: Path


@pytest.fixture(scope="module")
async def upright() -> AsyncIterator[Upright]:
    with open_folder() as folder:
        home, ready, stopping = folder / "my home", asyncio.Event(), asyncio.Event()

        async def started(running: Running) -> None:
            ready.set()

        running = asyncio.create_task(run_laptop(home, [INGEST, SCHEDULER], started, Wishes(stopping=stopping)))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        if running.done():
            running.result()
        (folder / "recording.json").write_text(json.dumps(RECORDING))
        (folder / "table.csv").write_text(TABLE)

        async def retold(*arguments: object) -> Ended:
            return await command(*arguments, "--home", home)

        yield Upright(Laptop(home), retold, folder)
        stopping.set()
        await running


@pytest.fixture(scope="module")
async def imported(upright: Upright) -> dict[str, Any]:
    done: dict[str, Any] = (await upright.retold("import", upright.files / "recording.json", "--json")).json
    return done


@pytest.fixture(scope="module")
async def submitted(upright: Upright, imported: dict[str, Any]) -> dict[str, Any]:
    options = ("--csv", upright.files / "table.csv", "--map", "Login=User name", "--secret", "Note", "--json")
    done: dict[str, Any] = (await upright.retold("run", "add a user", *options)).json
    return done


async def test_an_import_tells_what_it_carried_over_and_keeps_the_password_to_itself(
    upright: Upright, imported: dict[str, Any]
) -> None:
    assert [step["event"] for step in imported["steps"]] == ["navigate", "type", "type", "click"]
    shown = await upright.retold("import", upright.files / "recording.json", "--name", "Shown once")
    assert shown.code == 0
    assert imported["id"] not in shown.out
    assert "User name" in shown.out
    assert "thin" in shown.out
    assert PASSWORD not in shown.out + shown.err + json.dumps(imported)


async def test_a_file_that_is_no_recording_is_refused_by_what_is_wrong_with_it(upright: Upright) -> None:
    refused = await upright.retold("import", upright.files / "table.csv")
    assert (refused.code, refused.out) == (2, "")
    assert "JSON" in refused.err


async def test_a_recording_is_found_by_its_id_its_beginning_and_its_name(
    upright: Upright, imported: dict[str, Any]
) -> None:
    for name in (imported["id"], imported["id"][:16], "add a USER"):
        assert (await upright.retold("recordings", name, "--json")).json["id"] == imported["id"]
    unknown = await upright.retold("recordings", "add nobody")
    assert unknown.code == 1
    listed = (await upright.retold("recordings", "--json")).json
    assert imported["id"] in {each["id"] for each in listed}


async def test_two_recordings_of_one_name_must_be_told_apart(upright: Upright) -> None:
    for _ in range(2):
        assert (await upright.retold("import", upright.files / "recording.json", "--name", "Twin")).code == 0
    confused = await upright.retold("recordings", "Twin")
    assert confused.code == 2
    assert confused.err.count("(Twin)") == 2


async def test_a_run_shows_its_mapping_and_is_found_as_the_last_job(
    upright: Upright, submitted: dict[str, Any]
) -> None:
    assert submitted["field_mapping"] == {"Login": "User name", "Password": "Password"}
    assert submitted["unmapped_columns"] == ["Note"]
    assert set(submitted["secret_columns"]) == {"Password", "Note"}
    listed = (await upright.retold("jobs", "--json")).json
    assert [(job["id"], job["total_rows"]) for job in listed] == [(submitted["id"], 2)]
    table = await upright.retold("jobs")
    assert submitted["id"] in table.out
    assert (await upright.retold("jobs", "--status", "failed", "--json")).json == []


async def test_a_run_over_a_wrong_mapping_is_refused(upright: Upright, imported: dict[str, Any]) -> None:
    refused = await upright.retold("run", imported["id"], "--csv", upright.files / "table.csv", "--map", "Login=Nme")
    assert refused.code == 2
    assert "Nme" in refused.err


async def test_the_log_is_read_by_stream_type_time_and_position(upright: Upright, submitted: dict[str, Any]) -> None:
    everything = (await upright.retold("events", "--json")).json_lines
    assert [event["type"] for event in everything][:1] == ["OrganizationFounded"]
    job = (await upright.retold("events", "--stream", f"scheduler.job.{submitted['id']}", "--json")).json_lines
    assert [event["type"] for event in job] == ["JobCreated", "JobRowsAdded", "JobSubmitted"]
    rows = (await upright.retold("events", "--type", "RowDispatched", "--type", "JobSubmitted", "--json")).json_lines
    assert {event["type"] for event in rows} == {"RowDispatched", "JobSubmitted"}
    position = job[-1]["position"]
    later = (await upright.retold("events", "--after", position, "--json")).json_lines
    assert later
    assert all(event["position"] > position for event in later)
    since = (await upright.retold("events", "--since", job[0]["at"], "--until", job[-1]["at"], "--json")).json_lines
    assert [event["type"] for event in since][:3] == ["JobCreated", "JobRowsAdded", "JobSubmitted"]
    assert all(job[0]["at"] <= event["at"] <= job[-1]["at"] for event in since)
    assert (await upright.retold("events", "--since", "2100-01-01", "--json")).json_lines == []
    assert len((await upright.retold("events", "--limit", "2", "--json")).json_lines) == 2


async def test_the_log_shows_no_secret(upright: Upright, submitted: dict[str, Any]) -> None:
    shown = await upright.retold("events", "--stream", "job")
    as_json = await upright.retold("events", "--json")
    opened = await upright.retold("events", "--json", "--open")
    assert "••••••" in shown.out
    assert "retold:sealed:" not in shown.out + as_json.out
    assert "retold:sealed:" in opened.out
    for secret in (PASSWORD, "s3cret-of-ada", "=1+1"):
        assert secret not in shown.out + as_json.out + opened.out
    # A personal value that is no secret: hidden, unless who asks has the key.
    assert '"Login": "bob"' in opened.out
    assert '"Login": "bob"' not in shown.out + as_json.out


async def test_the_log_is_followed_until_interrupted(upright: Upright, submitted: dict[str, Any]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", "events", "--follow", "--json", "--home", str(upright.laptop.home)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = json.loads(await asyncio.wait_for(process.stdout.readline(), timeout=30))
    assert first["type"] == "OrganizationFounded"
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), timeout=30)
    assert (process.returncode, err) == (130, b"")


async def test_rebuilding_while_the_services_run_changes_nothing(upright: Upright, submitted: dict[str, Any]) -> None:
    async def shown() -> list[Any]:
        job = (await upright.retold("jobs", "--json")).json
        return [(await upright.retold("recordings", "--json")).json, [{**each, "updated_at": ""} for each in job]]

    before = await shown()
    rebuilt = (await upright.retold("rebuild", "ingest", "--json")).json
    assert {"ingest.recordings", "ingest.users", "ingest.teams"} < {each["projection"] for each in rebuilt}
    assert (await upright.retold("rebuild", "scheduler.execution_jobs")).code == 0
    assert await shown() == before
    again = await upright.retold("import", upright.files / "recording.json", "--name", "After the rebuild")
    assert again.code == 0, again.err


async def test_a_sound_service_passes_its_check_and_one_that_does_not_run_fails(upright: Upright) -> None:
    for service in ("ingest", "scheduler"):
        findings = (await upright.retold("check", service, "--json")).json
        assert {each["state"] for each in findings} <= {"ok", "untold"}
    absent = await upright.retold("check", "runner")
    assert absent.code == 4
    assert "unreachable" in absent.out


async def test_a_check_tells_wrong_settings_from_servers_that_do_not_answer(upright: Upright) -> None:
    running = upright.laptop.running()
    assert running is not None
    settings = {
        "RETOLD_NATS_URL": running.nats_url,
        "RETOLD_POSTGRES_URL": running.postgres_urls["ingest"],
        "RETOLD_OBJECTS_URL": running.objects_url,
        "RETOLD_MASTER_KEY": "too short",
        "RETOLD_API_TOKENS": "nobody",
    }
    wrong = await command("check", "ingest", "--json", environment=settings)
    assert wrong.code == 1
    assert [each["what"] for each in json.loads(wrong.out) if each["state"] == "wrong"] == ["secrets"]
    silent = {**settings, "RETOLD_POSTGRES_URL": "postgresql://retold_ingest:x@127.0.0.1:1/retold"}
    assert (await command("check", "ingest", environment=silent)).code == 4
    missing = await command("check", "ingest", environment={"RETOLD_POSTGRES_URL": running.postgres_urls["ingest"]})
    assert missing.code == 1
    assert "RETOLD_MASTER_KEY" in missing.out


async def test_services_elsewhere_are_spoken_to_with_a_token(upright: Upright, imported: dict[str, Any]) -> None:
    running = upright.laptop.running()
    assert running is not None
    known = {"RETOLD_URL": running.address, "RETOLD_TOKEN": running.token}
    assert (await command("recordings", imported["id"], environment=known)).code == 0
    stranger = await command("recordings", environment={**known, "RETOLD_TOKEN": "retold_local_guess"})
    assert stranger.code == 1
    assert "RETOLD_TOKEN" in stranger.err
    silent = await command("jobs", environment={**known, "RETOLD_URL": "http://127.0.0.1:1"})
    assert silent.code == 4
    assert "retold up" in silent.err


async def test_what_a_laptop_keeps_is_for_its_owner_alone(upright: Upright) -> None:
    home = upright.laptop.home
    for name in ("laptop.json", "run.json", "logs/retold.log"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((home / "objects").stat().st_mode) == 0o700
