"""The single checks of `retold check`, each a list of findings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosql
import asyncpg
import nats.errors
from nats.aio.client import Client
from nats.js.api import ConsumerInfo, StreamConfig
from nats.js.errors import NotFoundError

from services.cli.findings import Check, Finding
from shared.bus import subjects, topology
from shared.bus.connection import connect
from shared.bus.durability import SAFE_COPIES, concerns, servers_of
from shared.chromium import NONE_FOUND, find_chromium, why_it_does_not_start
from shared.core.errors import Unavailable
from shared.db.migrations import read_migrations
from shared.db.pool import NO_ANSWER
from shared.keys import parse_master_key
from shared.objects import Objects
from shared.ops.settings import Settings, parse_tokens
from shared.runtime import Blueprint

# What makes a stream the log it must be; sizes and ages may be tuned.
STREAM_SETTINGS = ("subjects", "storage", "retention", "num_replicas", "deny_delete", "deny_purge", "allow_direct")


def of(service: str) -> dict[str, Check]:
    """The checks of a service, by what they are about."""
    checks: dict[str, Check] = {
        "secrets": _secrets,
        "NATS": _nats,
        "Postgres": _postgres,
        "files": _files,
    }
    own: dict[str, dict[str, Check]] = {"runner": {"browser": _browser}, "healer": {"model": _model}}
    return {**checks, **own.get(service, {})}


async def _secrets(blueprint: Blueprint, settings: Settings) -> list[Finding]:
    parse_master_key(settings.master_key.get_secret_value())
    parse_tokens(settings.api_tokens.get_secret_value())
    return [Finding(blueprint.name, "master key and tokens", "ok")]


async def _nats(blueprint: Blueprint, settings: Settings) -> list[Finding]:
    name = blueprint.name
    client = await connect(settings.nats_url.get_secret_value(), "retold-check")
    async with _closing(client):
        findings = [Finding(name, f"NATS {_version(client)} answers", "ok")]
        try:
            findings += [await _stream(name, client, config) for config in topology.streams(settings.replicas)]
            findings.append(await _queue(name, client, settings))
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"JetStream does not answer: {failure!r}; is it enabled in nats.conf?") from failure
        return [*findings, *await _durability(name, settings)]


def _version(client: Client) -> str:
    version = client.connected_server_version
    return f"{version.major}.{version.minor}.{version.patch}"


async def _stream(service: str, client: Client, wanted: StreamConfig) -> Finding:
    what = f"stream {wanted.name}"
    try:
        found = (await client.jetstream(timeout=5).stream_info(str(wanted.name))).config
    except NotFoundError:
        return Finding(
            service, what, "wrong", f"there is none; it is made when a service starts: retold serve {service}"
        )
    differing = [
        f"{setting} is {getattr(found, setting)}, not {getattr(wanted, setting)}"
        for setting in STREAM_SETTINGS
        if getattr(wanted, setting) is not None and getattr(found, setting) != getattr(wanted, setting)
    ]
    if differing:
        return Finding(service, what, "wrong", "; ".join(differing) + f"; start {service} again to bring it up to date")
    return Finding(service, what, "ok")


async def _queue(service: str, client: Client, settings: Settings) -> Finding:
    what = "queue of rows"
    try:
        found: ConsumerInfo = await client.jetstream(timeout=5).consumer_info(subjects.EVENTS_STREAM, topology.RUNNERS)
    except NotFoundError:
        return Finding(
            service, what, "wrong", f"there is none; it is made when a service starts: retold serve {service}"
        )
    wait = found.config.ack_wait
    if wait != settings.lease_seconds:
        detail = (
            f"its lease is {wait} s where RETOLD_LEASE_SECONDS is {settings.lease_seconds}: set it alike everywhere"
        )
        return Finding(service, what, "wrong", detail)
    return Finding(service, what, "ok")


async def _durability(service: str, settings: Settings) -> list[Finding]:
    """Servers tell it to their system account only."""
    what = "NATS confirms only what is on disk"
    if settings.nats_system_url is None:
        detail = "set RETOLD_NATS_SYSTEM_URL (a user of the system account), and sync_interval: always in nats.conf"
        return [Finding(service, what, "untold", detail)]
    servers = await servers_of(settings.nats_system_url.get_secret_value())
    on_laptop = settings.home is not None
    found = concerns(servers, SAFE_COPIES if on_laptop else settings.replicas)
    return [Finding(service, "durability", "wrong", concern) for concern in found] or [Finding(service, what, "ok")]


async def _postgres(blueprint: Blueprint, settings: Settings) -> list[Finding]:
    name = blueprint.name
    queries = aiosql.from_path(Path(__file__).with_name("checks.sql"), "asyncpg", mandatory_parameters=False)
    try:
        connection = await asyncpg.connect(
            settings.postgres_url.get_secret_value(), timeout=10, server_settings={"search_path": name}
        )
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as refusal:
        return [Finding(name, "Postgres", "wrong", f"{refusal}: correct RETOLD_POSTGRES_URL, or run setup-database")]
    except (*NO_ANSWER, asyncpg.PostgresError) as failure:
        raise Unavailable(f"Postgres does not answer: {failure or type(failure).__name__}") from failure
    async with _closing(connection):
        findings = [Finding(name, f"Postgres {connection.get_server_version().major} answers", "ok")]
        rights = await queries.rights(connection)
        if rights["schema"] != name:
            return [
                *findings,
                Finding(name, "schema", "wrong", f"there is no schema {name}: run retold setup-database"),
            ]
        excess = [right for right in ("superuser", "bypasses") if rights[right]]
        detail = "the role may see every organization's rows: let RETOLD_POSTGRES_URL name the role of setup-database"
        findings.append(Finding(name, "role", "wrong", detail) if excess else Finding(name, "role", "ok"))
        findings.append(await _migrations(queries, connection, blueprint))
        bare = [row["name"] async for row in queries.tables_without_rules(connection, schema=name)]
        detail = f"not enabled and forced on: {', '.join(bare)}"
        what = "row-level security"
        return [*findings, Finding(name, what, "wrong", detail) if bare else Finding(name, what, "ok")]


async def _migrations(queries: Any, connection: Any, blueprint: Blueprint) -> Finding:
    name, what = blueprint.name, "migrations"
    if not await queries.is_migrated(connection):
        return Finding(name, what, "wrong", f"none is applied; they are when the service starts: retold serve {name}")
    applied = {row["name"]: row["checksum"] async for row in queries.applied_migrations(connection)}
    missing = [each.name for each in read_migrations(blueprint.migrations) if each.name not in applied]
    edited = [
        each.name
        for each in read_migrations(blueprint.migrations)
        if applied.get(each.name) not in (None, each.checksum)
    ]
    if edited:
        return Finding(name, what, "wrong", f"edited after they had been applied: {', '.join(edited)}; add new ones")
    if missing:
        return Finding(
            name, what, "wrong", f"not applied: {', '.join(missing)}; start the service: retold serve {name}"
        )
    return Finding(name, f"{len(applied)} migration{'' if len(applied) == 1 else 's'} applied", "ok")


async def _files(blueprint: Blueprint, settings: Settings) -> list[Finding]:
    objects = Objects(settings.objects_url)
    try:
        objects.open()
    except Exception as failure:
        return [Finding(blueprint.name, "files", "wrong", f"RETOLD_OBJECTS_URL cannot be used: {failure}")]
    await objects.check()
    return [Finding(blueprint.name, "files can be stored", "ok")]


async def _browser(blueprint: Blueprint, settings: Settings) -> list[Finding]:
    chosen = getattr(settings, "chromium", None)
    browser = find_chromium({"RETOLD_CHROMIUM": chosen}) if chosen else find_chromium()
    if browser is None:
        return [Finding(blueprint.name, "browser", "wrong", NONE_FOUND)]
    reason = await why_it_does_not_start(browser)
    if reason:
        return [Finding(blueprint.name, f"browser {browser.path}", "wrong", f"it does not start: {reason}")]
    return [Finding(blueprint.name, f"browser {browser.path} starts", "ok")]


async def _model(blueprint: Blueprint, settings: Settings) -> list[Finding]:
    """Nothing is sent to the model: that would cost something."""
    off, name = getattr(settings, "model_off", None), getattr(settings, "model", "")
    if off:
        return [Finding(blueprint.name, "no model is asked about elements", "ok", off)]
    unpriced = "" if getattr(settings, "price", None) else "its price is not known; set RETOLD_MODEL_PRICES"
    return [Finding(blueprint.name, f"{name} is asked about elements", "ok", unpriced)]


@asynccontextmanager
async def _closing(resource: Any) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await resource.close()
