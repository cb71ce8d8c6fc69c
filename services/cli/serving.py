"""Starting services: all of them on a laptop, one against given servers, and the database that they need."""

import os
import sys
from typing import Annotated

import typer

from services.cli.desk import Desk
from shared.core.errors import InvalidInput, Unavailable
from shared.laptop import Laptop, Running, Wishes, run_laptop


async def up(
    desk: Desk,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where to answer; the port of the last time, or any free one.")
    ] = None,
    slots: Annotated[
        int | None, typer.Option(min=1, max=64, help="Rows run at once, one browser context each.")
    ] = None,
) -> None:
    """Run everything on this machine until Ctrl-C: NATS, Postgres and the services; data are kept."""
    laptop = Laptop(desk.home)

    async def started(running: Running) -> None:
        if desk.as_json:
            described = {"address": running.address, "home": str(laptop.home), "pid": running.pid}
            desk.print_json({**described, "token_file": str(laptop.run_file)}, line=True)
            return
        desk.out.print(f"[bold]Retold runs at {running.address}[/bold]", soft_wrap=True)
        for text in (
            f"data   {laptop.home}",
            f"log    {laptop.log_file}",
            f"token  in {laptop.run_file}",
            f"model  {_model(desk)}",
            "Stop it with Ctrl-C.",
        ):
            desk.out.print(text, markup=False, soft_wrap=True)
        sys.stdout.flush()

    settings = {} if slots is None else {"slots": slots}
    if not desk.as_json:
        desk.note("starting NATS, Postgres and the services …")
    blueprints = [desk.blueprint(name) for name in desk.services]
    await run_laptop(desk.home, blueprints, started, Wishes(port=port, settings=settings))
    if not desk.as_json:
        desk.note("stopped")


def _model(desk: Desk) -> str:
    """Which model is asked where no element is certain enough, or why none is."""
    if "healer" not in desk.services:
        return "none: no healer runs here"
    fields = desk.blueprint("healer").settings.model_fields
    named = os.environ.get("RETOLD_MODEL") or fields["model"].default
    has_key = any(os.environ.get(name, "").strip() for name in ("ANTHROPIC_API_KEY", "RETOLD_ANTHROPIC_API_KEY"))
    return str(named) if has_key else "none is asked; to heal with one, set ANTHROPIC_API_KEY and start again"


async def serve(
    desk: Desk, service: Annotated[str, typer.Argument(help="ingest, scheduler, runner or healer.")]
) -> None:
    """Run one service until SIGTERM or Ctrl-C; its settings are the environment variables RETOLD_…"""
    from shared.ops.logging import configure_logging
    from shared.ops.settings import read_settings
    from shared.runtime import run

    blueprint = desk.blueprint(service)
    settings = read_settings(blueprint.settings)
    configure_logging(settings.log_format)

    async def started(address: str) -> None:
        desk.note(f"{service} answers at {address}")

    await run([(blueprint, settings)], started=started)


async def setup_database(desk: Desk) -> None:
    """Make database, roles and schemas in the Postgres at RETOLD_ADMIN_URL; again makes no difference.

    The roles' passwords: RETOLD_INGEST_PASSWORD, RETOLD_SCHEDULER_PASSWORD and so on.
    """
    import asyncpg

    from shared.db.bootstrap import prepare_database

    wanted = {name: f"RETOLD_{name.upper()}_PASSWORD" for name in desk.services}
    missing = [name for name in ("RETOLD_ADMIN_URL", *wanted.values()) if not os.environ.get(name)]
    if missing:
        raise InvalidInput(
            f"set {', '.join(missing)}: the address of Postgres' administrator, and a password a service"
        )
    passwords = {service: os.environ[variable] for service, variable in wanted.items()}
    try:
        await prepare_database(os.environ["RETOLD_ADMIN_URL"], passwords)
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as failure:
        raise Unavailable(f"Postgres does not answer at RETOLD_ADMIN_URL: {failure}") from failure
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as failure:
        raise InvalidInput(f"Postgres refuses RETOLD_ADMIN_URL: {failure}") from failure
    if desk.as_json:
        desk.print_json({"prepared": list(passwords)})
    else:
        desk.note(f"the database is ready for {', '.join(passwords)}")
