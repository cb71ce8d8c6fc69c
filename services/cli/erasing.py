"""Erasing an organization: its data key and its files are destroyed, the history stays and folds without its values."""

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from services.cli.desk import Desk
from services.cli.sources import service_settings
from shared.core.errors import InvalidInput, NotFound, Refused, RetoldError, Unavailable

if TYPE_CHECKING:
    from nats.aio.client import Client

    from shared.bus.log import Log
    from shared.ops.settings import Settings


REBUILD_SECONDS = 600.0


async def erase(
    desk: Desk,
    organization: Annotated[UUID, typer.Argument(help="The organization's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy an organization's data key, files and log lines for good; the services rebuild their read models.

    Its events stay: what happened, when, and in what order. No secret or personal value of them is readable any more,
    in archives neither. Jobs under way must be cancelled first.
    """
    settings = service_settings(desk, desk.blueprint("ingest"))
    _make_sure(desk, organization, yes=yes)
    erased = await _destroy(settings, organization)
    waited_for = [name for name in desk.services if await _is_rebuilt(desk, name, erased["position"])]
    if desk.as_json:
        desk.print_json({"organization_id": organization, **erased, "rebuilt": waited_for})
        return
    key = "its data key is destroyed" if erased["key"] else "it had no data key (any more)"
    desk.out.print(
        f"{organization} is erased: {key}, {erased['files']} files deleted, the lines of {erased['jobs']} jobs purged",
        markup=False,
    )
    for name in desk.services:
        done = "read models rebuilt" if name in waited_for else "rebuilds its read models by itself; its log says when"
        desk.out.print(f"{name}: {done}", markup=False)


async def _is_rebuilt(desk: Desk, service: str, position: int) -> bool:
    """Wait for a service whose database can be reached from here; false where it cannot."""
    import asyncpg

    from shared.db.pool import Database
    from shared.erasures import CHECKPOINT
    from shared.projections import wait_until

    try:
        settings = service_settings(desk, desk.blueprint(service))
    except RetoldError:
        return False
    database = Database(settings.postgres_url.get_secret_value(), service)
    try:
        await database.open()
        with desk.notes.status(f"{service} rebuilds its read models"):
            await wait_until(database, CHECKPOINT, position, timeout=REBUILD_SECONDS)
    except (Unavailable, asyncpg.PostgresError):  # not reachable, or another service's role
        return False
    finally:
        await database.close()
    return True


def _make_sure(desk: Desk, organization: UUID, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput("erasing cannot be undone: say --yes")
    desk.note(f"This destroys every secret and personal value of {organization}, for good.")
    if typer.prompt("Type the organization's id to go on", err=True).strip() != str(organization):
        raise Refused("nothing was erased: that was another id")


async def _destroy(settings: "Settings", org: UUID) -> dict[str, int]:
    from services.ingest.aggregates.organization import EraseOrganization, organizations
    from shared.bus import subjects
    from shared.bus.commands import carry_out
    from shared.bus.connection import connect, disconnect
    from shared.bus.jetstream import JetStreamLog
    from shared.bus.log import Context
    from shared.contracts.catalogue import catalogue
    from shared.keys import KeyRing, parse_master_key
    from shared.objects import Objects

    objects = Objects(settings.objects_url)
    objects.open()
    client = await connect(settings.nats_url.get_secret_value(), "retold-erase")
    try:
        keys = KeyRing(client, parse_master_key(settings.master_key.get_secret_value()))
        log = JetStreamLog(client, catalogue(), vault=keys)
        jobs = await _ended_jobs(log, org)
        if not await log.load(subjects.organization(org)):
            raise NotFound(f"there is no organization {org} in the log")
        # Run again after a failure, each step finds what is left to do. The event comes last: the services rebuild
        # their read models when they see it, and must not find the key.
        key = await keys.erase(org)
        files = await objects.delete_organization(org)
        await _purge_lines(client, jobs)
        stream, command = subjects.organization(org), EraseOrganization(org)
        decided = await carry_out(log, organizations, stream, command, Context(org, "operator"))
    finally:
        await disconnect(client)
    return {"key": key, "files": files, "jobs": len(jobs), "position": decided.position}


async def _ended_jobs(log: "Log", org: UUID) -> list[UUID]:
    """All jobs of an organization. Raises `Refused` while one is under way."""
    from shared.bus import subjects
    from shared.contracts.scheduler import JobCreated, JobEnded, JobSubmitted

    head = await log.last_position([subjects.ALL_JOBS])
    created: list[UUID] = []
    under_way: set[UUID] = set()
    if head:
        async for batch in log.follow([subjects.ALL_JOBS], only=(JobCreated, JobSubmitted, JobEnded)):
            for event in (item.event for item in batch.events if item.org == org):
                match event:
                    case JobCreated():
                        created.append(event.job_id)
                    case JobSubmitted():
                        under_way.add(event.job_id)
                    case JobEnded():
                        under_way.discard(event.job_id)
            if batch.position >= head:
                break
    if under_way:
        raise Refused(
            f"job {min(under_way, key=str)} of this organization is under way: cancel it, wait for its end, erase then"
        )
    return created


async def _purge_lines(client: "Client", jobs: list[UUID]) -> None:
    from shared.bus import subjects

    jetstream = client.jetstream(timeout=30)
    for job in jobs:
        await jetstream.purge_stream(subjects.LINES_STREAM, subject=subjects.lines_of(job))
