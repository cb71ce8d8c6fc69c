"""Running services: one process runs a list of them, be it one or all four."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import nats.errors
import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from nats.aio.client import Client

from shared.bus.connection import connect, disconnect
from shared.bus.durability import warn_where_weak
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Log
from shared.bus.reactions import Reaction, broker_for
from shared.bus.topology import provision
from shared.contracts.catalogue import catalogue
from shared.core.errors import InvalidInput, RetoldError, Unavailable
from shared.core.time_and_ids import Clock, now
from shared.db.migrations import migrate, read_migrations
from shared.db.pool import Database
from shared.erasures import Erasures
from shared.keys import KeyRing, parse_master_key
from shared.lines import Lines
from shared.objects import Objects
from shared.ops.open_letters import watching_letters
from shared.ops.settings import Settings, parse_tokens
from shared.projections import Projection, Projector, Source
from shared.secrets import Sealer
from shared.tasks import end
from shared.web.app import health_routes, service_app
from shared.web.problems import install_problems

DRAIN_SECONDS = 20.0
GARBAGE_THRESHOLD = 20_000  # thousands of events are alive at a time: looking through them at 700 takes a fifth longer
log = structlog.get_logger()


@dataclass(frozen=True)
class Resources:
    """What a service is built from. `stopping` is set when the process should end."""

    settings: Any
    nats: Client
    log: Log
    lines: Lines
    database: Database
    objects: Objects
    keys: KeyRing
    sealer: Sealer
    tokens: Mapping[str, UUID]
    stopping: asyncio.Event
    clock: Clock = now


@dataclass(frozen=True)
class Service:
    """What `build` makes: HTTP routes, reactions, and tasks that run as long as the service.

    A task in `draining` ends by itself once `Resources.stopping` is set; the others are cancelled.
    """

    router: APIRouter
    reactions: Sequence[Reaction] = ()
    tasks: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    draining: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Blueprint:
    """How a service comes into being; every `main.py` has one."""

    name: str
    summary: str
    settings: type[Settings]
    migrations: Path
    build: Callable[[Resources], Service]
    projections: Sequence[Projection]


@asynccontextmanager
async def open_resources(blueprint: Blueprint, settings: Settings, stopping: asyncio.Event) -> AsyncIterator[Resources]:
    """Everything a service needs, open; streams and tables are there."""
    url = settings.nats_url.get_secret_value()
    async with AsyncExitStack() as stack:
        client = await connect(url, f"retold-{blueprint.name}")
        stack.push_async_callback(disconnect, client)
        if settings.home is None:  # a laptop writes its servers' configuration itself, and is meant to have one copy
            system_url = settings.nats_system_url.get_secret_value() if settings.nats_system_url else None
            await warn_where_weak(system_url, settings.replicas)
        database = Database(settings.postgres_url.get_secret_value(), blueprint.name)
        await database.open()
        stack.push_async_callback(database.close)
        keys = KeyRing(client, parse_master_key(settings.master_key.get_secret_value()))
        objects = Objects(settings.objects_url, keys)
        objects.open()
        try:
            await provision(client, lease=timedelta(seconds=settings.lease_seconds), replicas=settings.replicas)
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"JetStream could not be prepared: {str(failure) or repr(failure)}") from failure
        async with database.connection() as connection:
            await migrate(connection, read_migrations(blueprint.migrations))
        yield Resources(
            settings=settings,
            nats=client,
            log=JetStreamLog(client, catalogue(), vault=keys),
            lines=Lines(client, keys),
            database=database,
            objects=objects,
            keys=keys,
            sealer=Sealer(keys),
            tokens=parse_tokens(settings.api_tokens.get_secret_value()),
            stopping=stopping,
        )


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the runtime decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(
    services: Sequence[tuple[Blueprint, Settings]],
    *,
    started: Callable[[str], Awaitable[None]] | None = None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Run services in this process until SIGINT or SIGTERM; `started(address)` is called when all answer.

    Stopping: no new work is taken, HTTP streams end, draining tasks get `DRAIN_SECONDS`, then everything is closed.
    """
    stopping = stopping or asyncio.Event()
    gc.set_threshold(max(GARBAGE_THRESHOLD, gc.get_threshold()[0]))
    _stop_on_signals(stopping)
    listener = _listen(services[0][1].host, services[0][1].port)
    root = FastAPI(title="Retold", openapi_url=None, docs_url=None, redoc_url=None)
    install_problems(root)
    work = Work()
    async with AsyncExitStack() as stack:
        for blueprint, settings in services:
            resources = await stack.enter_async_context(open_resources(blueprint, settings, stopping))
            service = blueprint.build(resources)
            await _start_reactions(stack, blueprint.name, service, resources)
            work.add(blueprint, service, resources)
            root.mount(
                f"/{blueprint.name}",
                service_app(blueprint.name, blueprint.summary, service.router, resources.tokens),
            )
        root.include_router(health_routes(work.checks, stopping.is_set))
        config = uvicorn.Config(root, log_config=None, access_log=False, timeout_graceful_shutdown=3, lifespan="off")
        await _serve(_Server(config), listener, work, stopping, started)


@dataclass
class Work:
    """All that goes on in the background of a process."""

    tasks: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    draining: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    checks: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)

    def add(self, blueprint: Blueprint, service: Service, resources: Resources) -> None:
        """Take on a service's tasks, one projector per projection, and its readiness."""
        sources: dict[str, Source] = {"events": resources.log, "lines": resources.lines}
        name, database = blueprint.name, resources.database
        projectors = {each.name: Projector(database, each, sources[each.source]) for each in blueprint.projections}
        self.tasks |= {f"{name}.{projection}": projector.run for projection, projector in projectors.items()}
        migrations = read_migrations(blueprint.migrations)
        erasures = Erasures(database, resources.log, resources.keys, list(projectors.values()), migrations)
        self.tasks[f"{name}.erasures"] = erasures.run
        durables = [reaction.durable for reaction in service.reactions]
        watching = watching_letters(resources.nats, database, durables)
        self.tasks |= {f"{name}.{task}": start for task, start in {**watching, **service.tasks}.items()}
        self.draining |= {f"{name}.{task}": start for task, start in service.draining.items()}

        async def nats_answers() -> None:
            if not resources.nats.is_connected:
                raise Unavailable("NATS does not answer")

        async def postgres_answers() -> None:
            async with resources.database.connection() as connection:
                await connection.fetchval("select 1 from schema_migrations limit 1")

        self.checks |= {f"{name}.nats": nats_answers, f"{name}.postgres": postgres_answers}


async def _serve(
    server: _Server,
    listener: socket.socket,
    work: Work,
    stopping: asyncio.Event,
    started: Callable[[str], Awaitable[None]] | None,
) -> None:
    background = [asyncio.create_task(supervise(name, start, stopping)) for name, start in work.tasks.items()]
    draining = [asyncio.create_task(supervise(name, start, stopping)) for name, start in work.draining.items()]
    http = asyncio.create_task(server.serve(sockets=[listener]))
    stop = asyncio.create_task(stopping.wait())
    try:
        while not server.started and not http.done():
            await asyncio.sleep(0.01)
        if started is not None:
            host, port = listener.getsockname()[:2]
            await started(f"http://{host}:{port}")
        await asyncio.wait({stop, http}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.set()
        server.should_exit = True
        if draining:
            await asyncio.wait(draining, timeout=DRAIN_SECONDS)
        await end([*background, *draining, stop])
        await http


async def supervise(name: str, start: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
    """Run a task again whenever it fails, with growing pauses, until the process stops."""
    pause = 0.2
    while not stopping.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await start()
        except RetoldError as failure:
            log.warning("task failed, starting again", task=name, reason=failure.detail)
        except Exception:
            log.exception("task failed, starting again", task=name)
        if asyncio.get_running_loop().time() - began > 30:
            pause = 0.2
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), timeout=pause)
        pause = min(pause * 2, 5.0)


async def _start_reactions(stack: AsyncExitStack, name: str, service: Service, resources: Resources) -> None:
    if service.reactions:
        url = resources.settings.nats_url.get_secret_value()
        broker = broker_for(service.reactions, url, catalogue(), f"retold-{name}", resources.keys)
        await broker.start()
        stack.push_async_callback(broker.stop)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as failure:
        listener.close()
        raise InvalidInput(
            f"cannot listen on {host}:{port}: {failure.strerror}; choose another with --port"
        ) from failure
    return listener


def _stop_on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stopping.set)
