"""The demo: Django's admin, a recording of "add a user", a table of people, and a look into Django's own database."""

import asyncio
import csv
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from infra.demo.django_site import DjangoSite
from infra.demo.recording import KINDS, PEOPLE, recording_for
from services.__main__ import SERVICES, blueprint
from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.results import results as show_results
from services.cli.watching import follow_job
from shared.core.errors import RetoldError, Unavailable
from shared.laptop import Running, Wishes, default_home, run_laptop

# Which column fills which step; the password's confirmation follows the password by itself.
STEP_OF_COLUMN = {"username": 11, "password": 13, "first name": 18, "last name": 20, "email": 22}
TEACHING_ROWS = 3
SLOTS = 4


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: its data, the consoles for people, whether a script reads along."""

    home: Path
    desk: Desk
    notes: Console

    def say(self, sentence: str) -> None:
        """A line of progress."""
        self.notes.print(f"[dim]·[/dim] {sentence}", highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Imported:
    """The recording in Retold, and which column fills which of its labels."""

    recording_id: str
    mapping: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What the demo came to, for people and for scripts."""

    summary: dict[str, Any]
    good: bool


async def play(stage: Stage, people: Sequence[dict[str, str]], *, drift: bool) -> Outcome:
    """The whole demo, with the platform running beside it."""
    async with platform(stage) as client:
        if drift:
            return await play_drift(stage, client, people)
        async with DjangoSite(stage.home, "new", progress=stage.say) as site:
            stage.say(f"Django {site.version}'s own admin answers at {site.url}/admin/")
            imported = await import_recording(stage, client, site)
            return await add_people(stage, client, site, imported, people)


async def play_drift(stage: Stage, client: Client, people: Sequence[dict[str, str]]) -> Outcome:
    """Record and learn on an old Django, then run on a newer one at the same address."""
    async with DjangoSite(stage.home, "old", progress=stage.say) as old:
        stage.say(f"Django {old.version}'s admin answers at {old.url}/admin/: the recording was made there")
        imported = await import_recording(stage, client, old, kinds=("css",))
        learned = await add_people(stage, client, old, imported, people[:TEACHING_ROWS], quiet=True)
        await _until_taught(client, imported.recording_id)
        stage.say("its thin locators have learned their full bundles; now the application is upgraded")
        port, password = int(old.url.rpartition(":")[2]), old.admin_password
    new = DjangoSite(stage.home, "new", port=port, progress=stage.say)
    new.admin_password = password
    async with new:
        stage.say(f"Django {new.version} answers at the same address")
        outcome = await add_people(stage, client, new, imported, people)
        summary = {**outcome.summary, "recorded_on": old.version, "learned_on_rows": learned.summary["rows"]}
        return Outcome(summary, outcome.good and learned.good)


async def import_recording(stage: Stage, client: Client, site: DjangoSite, kinds: Sequence[str] = KINDS) -> Imported:
    """Import the recording as made at this site."""
    recording = recording_for(site.url, site.admin_password, kinds)
    answer = await client.post("/ingest/v1/recordings", content=json.dumps(recording), params={"name": "Add a user"})
    stage.say(f"imported “{answer['name']}”: {answer['step_count']} steps from Chrome's DevTools Recorder")
    label_at = {variable["stepNumber"]: label for label, variable in answer["variables"].items()}
    return Imported(answer["id"], {column: label_at[number] for column, number in STEP_OF_COLUMN.items()})


async def add_people(
    stage: Stage,
    client: Client,
    site: DjangoSite,
    imported: Imported,
    people: Sequence[dict[str, str]],
    *,
    quiet: bool = False,
) -> Outcome:
    """Run the recording over a table of people, show what happened, and compare with Django's own database."""
    began = time.monotonic()
    request = {"recording_id": imported.recording_id, "mapping": imported.mapping, "concurrency": SLOTS}
    files = {"file": ("people.csv", _table(people).encode(), "text/csv")}
    job = await client.post("/scheduler/v1/jobs", files=files, data={"request": json.dumps(request)})
    await client.get(f"/scheduler/v1/jobs/{job['id']}", at_least=job["position"])
    ended = await follow_job(client, job["id"], stage.notes)
    seconds = round(time.monotonic() - began, 1)
    if not quiet and not stage.desk.as_json:
        await show_results(stage.desk, job["id"])
        await show_results(stage.desk, job["id"], steps=True)
    users = site.users()
    wrong = differences(people, users)
    for sentence in wrong:
        stage.say(f"[red]{sentence}[/red]")
    if not wrong:
        stage.say(f"[green]Django's own database holds exactly these {len(people)} users, each once[/green]")
    summary = {
        "job": job["id"],
        "django": site.version,
        "rows": len(people),
        "successful": ended["successful_rows"],
        "failed": ended["failed_rows"],
        "users_in_django": len(users),
        "each_exactly_once": not wrong,
        "differences": wrong,
        "seconds": seconds,
        "found_by": await _found_by(client, job["id"]),
    }
    return Outcome(summary, not wrong and ended["status"] == "completed")


def differences(people: Sequence[dict[str, str]], users: Sequence[dict[str, Any]]) -> list[str]:
    """What Django's table says otherwise than ours, in sentences; empty when they agree."""
    wanted = Counter((p["username"], p["first name"], p["last name"], p["email"]) for p in people)
    there = Counter((u["username"], u["first_name"], u["last_name"], u["email"]) for u in users)
    missing = [f"Django lacks {' '.join(person)}" for person in (wanted - there).elements()]
    return missing + [f"Django has {' '.join(person)} once too often" for person in (there - wanted).elements()]


async def _found_by(client: Client, job_id: str) -> dict[str, dict[str, int]]:
    """Step number → what found its element → in how many rows."""
    rows = await client.get(f"/runner/v1/jobs/{job_id}/results", limit=1000)
    found: dict[str, Counter[str]] = {}
    for step in (step for row in rows for step in row["step_results"] if step.get("foundBy")):
        found.setdefault(str(step["stepNumber"]), Counter())[step["foundBy"]] += 1
    return {number: dict(ways) for number, ways in found.items()}


async def _until_taught(client: Client, recording_id: str) -> None:
    for _ in range(200):
        if (await client.get(f"/ingest/v1/recordings/{recording_id}"))["revision"] > 1:
            return
        await asyncio.sleep(0.05)


def _table(people: Sequence[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(people[0]))
    writer.writeheader()
    writer.writerows(people)
    return text.getvalue()


@asynccontextmanager
async def platform(stage: Stage) -> AsyncIterator[Client]:
    """NATS, Postgres and the four services in this process, as `up` runs them."""
    stopping = asyncio.Event()
    ready: asyncio.Future[Running] = asyncio.get_running_loop().create_future()

    async def started(running: Running) -> None:
        ready.set_result(running)

    stage.say("starting NATS, Postgres and the four services")
    blueprints = [blueprint(name) for name in SERVICES]
    wishes = Wishes(settings={"slots": SLOTS}, stopping=stopping)
    task = asyncio.create_task(run_laptop(stage.home, blueprints, started, wishes))
    try:
        running = await _first(task, ready)
        stage.say(f"Retold answers at {running.address}")
        async with Client(running.address, running.token) as client:
            job = asyncio.current_task()
            task.add_done_callback(lambda _: job.cancel() if job and not stopping.is_set() else None)
            yield client
    finally:
        stopping.set()
        await task


async def _first(task: "asyncio.Task[None]", ready: "asyncio.Future[Running]") -> Running:
    """What `ready` tells; raises what ended `task` before."""
    while not ready.done():
        if task.done():
            task.result()
            raise Unavailable("the platform ended before it had started")
        await asyncio.sleep(0.02)
    return ready.result()


def main(
    drift: Annotated[bool, typer.Option("--drift", help="Record on an old Django, run on a new one.")] = False,
    people: Annotated[int, typer.Option(min=1, max=25, help="How many of the 25 people.")] = 25,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for scripts.")] = False,
) -> None:
    """Run the demo; exit code 0 when Django's database holds exactly the people of the table."""
    home = default_home() / "demo"
    home.mkdir(parents=True, exist_ok=True)
    with PEOPLE.open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))[:people]
    notes = Console(stderr=True, no_color="NO_COLOR" in os.environ)
    services = {name: partial(blueprint, name) for name in SERVICES}
    stage = Stage(home, Desk(services, home, as_json=as_json), notes)
    try:
        outcome = asyncio.run(play(stage, table, drift=drift))
    except RetoldError as error:
        notes.print(f"demo: {error.detail}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(130) from None
    if as_json:
        sys.stdout.write(json.dumps(outcome.summary) + "\n")
    raise typer.Exit(0 if outcome.good else 1)


if __name__ == "__main__":
    typer.run(main)
