"""A log in which stories stand, and the command line on it."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import typer
from typer.testing import CliRunner

from services.__main__ import SERVICES, blueprint
from services.cli.app import EVERYWHERE, on_desk
from services.cli.as_of import as_of
from services.cli.events import events
from services.cli.exporting import export
from services.cli.tracing import trace
from shared.local import LocalStack
from shared.runtime import Resources
from shared.testing.command_line import Ended
from tests.conftest import opening_resources, stack_in_a_folder
from tests.golden.story import Story, story

OWNER = {"job": "scheduler", "row": "runner", "recording": "ingest"}
FIRST = Story("first")
JOB, RECORDING = FIRST.id("job"), FIRST.id("recording")
Retold = Callable[..., Awaitable[Ended]]


@dataclass(frozen=True)
class Told:
    """A log in which the stories of two organizations stand, and the command line on it."""

    stack: LocalStack
    resources: dict[str, Resources]
    retold: Retold

    async def positions(self, *filters: object) -> list[int]:
        """Where some events stand."""
        return [event["position"] for event in (await self.retold("events", *filters, "--json")).json_lines]


def commands() -> typer.Typer:
    services = {name: lambda name=name: blueprint(name) for name in SERVICES}
    app = typer.Typer()
    for name, function in (("events", events), ("as-of", as_of), ("trace", trace), ("export", export)):
        app.command(name)(on_desk(function, services, EVERYWHERE))
    return app


@asynccontextmanager
async def telling() -> AsyncIterator[Told]:
    """The stories of two organizations, told."""
    app, runner = commands(), CliRunner()
    async with stack_in_a_folder() as stack, opening_resources(stack) as resources_of:
        resources = {name: await resources_of(blueprint(name)) for name in SERVICES}
        for append in (*story("first"), *story("second")):
            await resources["ingest"].log.append(append)
        settings = resources["ingest"].settings

        async def retold(*arguments: object, **variables: str | None) -> Ended:
            service = next((OWNER[str(each)] for each in arguments if str(each) in OWNER), "ingest")
            environment = {
                "RETOLD_NATS_URL": stack.nats_url,
                "RETOLD_POSTGRES_URL": stack.postgres_url(service),
                "RETOLD_OBJECTS_URL": settings.objects_url,
                "RETOLD_API_TOKENS": settings.api_tokens.get_secret_value(),
                "RETOLD_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
                "RETOLD_HOME": "/there/is/no/such/home",
                "NO_COLOR": "1",
                "COLUMNS": "300",
                **variables,
            }
            ended = await asyncio.to_thread(runner.invoke, app, [str(each) for each in arguments], env=environment)
            return Ended(ended.exit_code, ended.stdout, ended.stderr)

        yield Told(stack, resources, retold)
