"""The laptop: several services, NATS and Postgres in one process, on one folder, reachable from this machine alone."""

import base64
import json
import logging
import os
import secrets
import string
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.core.errors import InvalidInput
from shared.core.time_and_ids import new_id
from shared.ops.logging import CHATTY

if TYPE_CHECKING:
    import asyncio

    from shared.ops.settings import Settings
    from shared.runtime import Blueprint

TOKEN_CHARACTERS = string.ascii_letters + string.digits
LOG_BYTES = 10_000_000
LOGS_KEPT = 3


class Identity(BaseModel):
    """What a laptop is, made once: its organization, the token to call it, the key of its secrets, its last port."""

    model_config = ConfigDict(frozen=True)
    organization_id: UUID
    token: str
    master_key: str
    port: int | None = None


class Running(BaseModel):
    """Where a running laptop is reached, and its servers; whoever can read this may do everything."""

    model_config = ConfigDict(frozen=True)
    address: str
    token: str
    nats_url: str
    nats_system_url: str
    postgres_urls: dict[str, str]
    objects_url: str
    pid: int


def default_home(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the data: RETOLD_HOME, else the place for such data of this user."""
    if environment.get("RETOLD_HOME"):
        return Path(environment["RETOLD_HOME"]).expanduser().absolute()
    data = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", "~")) / ".local" / "share")
    return Path(data).expanduser() / "retold"


class Laptop:
    """The files of a home: `laptop.json` for good, `run.json` while it runs; only their owner can read them."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self._identity = self.home / "laptop.json"
        self._running = self.home / "run.json"

    @property
    def log_file(self) -> Path:
        """What the services say."""
        return self.home / "logs" / "retold.log"

    @property
    def objects_url(self) -> str:
        """Where files are kept."""
        return (self.home / "objects").as_uri()

    @property
    def run_file(self) -> Path:
        """Where `running` stands."""
        return self._running

    def identity(self) -> Identity:
        """Who this laptop is; made at the first call. Raises `InvalidInput` when the file was damaged."""
        if not self._identity.exists():
            made = Identity(
                organization_id=new_id(),
                token="retold_local_" + "".join(secrets.choice(TOKEN_CHARACTERS) for _ in range(36)),
                master_key=base64.b64encode(secrets.token_bytes(32)).decode(),
            )
            _write_private(self._identity, made)
        try:
            return Identity.model_validate_json(self._identity.read_bytes())
        except ValidationError as error:
            raise InvalidInput(
                f"{self._identity} is damaged: restore it from a backup; without its key the secrets in "
                f"{self.home} cannot be read"
            ) from error

    def running(self) -> Running | None:
        """What runs on this home now; `None` when nothing does."""
        try:
            found = Running.model_validate_json(self._running.read_bytes())
        except (OSError, ValidationError):
            return None
        return found if _alive(found.pid) else None  # a killed one had no chance to tidy up

    def started(self, running: Running) -> None:
        """Say where it runs, and keep its port for the next time."""
        _write_private(self._running, running)
        port = int(running.address.rpartition(":")[2])
        identity = self.identity()
        if identity.port != port:
            _write_private(self._identity, identity.model_copy(update={"port": port}))

    def stopped(self) -> None:
        """It runs no more."""
        self._running.unlink(missing_ok=True)


def settings_of(blueprint: "Blueprint", laptop: Laptop, running: Running, **given: Any) -> "Settings":
    """A service's settings on a laptop; environment variables fill in what is not said here."""
    from shared.ops.settings import read_settings
    from shared.web.callers import token_digest

    identity = laptop.identity()
    settings: Settings = read_settings(
        blueprint.settings,
        **{
            "nats_url": running.nats_url,
            "nats_system_url": running.nats_system_url,
            "postgres_url": running.postgres_urls[blueprint.name],
            "objects_url": running.objects_url,
            "master_key": identity.master_key,
            "api_tokens": f"{identity.organization_id}:{token_digest(identity.token)}",
            "host": "127.0.0.1",
            "log_format": "text",
            "home": laptop.home,
            # What a person tries out mostly runs on the same machine.
            "allow_addresses": os.environ.get("RETOLD_ALLOW_ADDRESSES", "loopback"),
            **given,
        },
    )
    return settings


@dataclass(frozen=True)
class Wishes:
    """What a person may choose for a run: a port (else the last one, or any), settings by name, a way to stop it."""

    port: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    stopping: "asyncio.Event | None" = None


async def run_laptop(
    home: Path,
    services: "Sequence[Blueprint]",
    started: Callable[[Running], Awaitable[None]],
    wishes: Wishes | None = None,
) -> None:
    """Run services with servers of their own until SIGINT or SIGTERM; `started` is called when all answer.

    Raises `Unavailable` when the home is in use or a server does not start, `InvalidInput` for a port that is taken.
    """
    # Only laptops and tests have the servers' packages installed.
    from shared.local import LocalStack
    from shared.local.server import free_port
    from shared.runtime import run

    wishes = wishes or Wishes()
    laptop = Laptop(home)
    async with LocalStack(laptop.home) as servers:
        port = wishes.port or free_port(laptop.identity().port)
        running = Running(
            address=f"http://127.0.0.1:{port}",
            token=laptop.identity().token,
            nats_url=servers.nats_url,
            nats_system_url=servers.nats.system_url,
            postgres_urls={service.name: servers.postgres_url(service.name) for service in services},
            objects_url=laptop.objects_url,
            pid=os.getpid(),
        )
        (laptop.home / "objects").mkdir(mode=0o700, exist_ok=True)  # screenshots are for the owner alone
        chosen = {**wishes.settings, "port": port}
        settings = [(service, settings_of(service, laptop, running, **chosen)) for service in services]

        async def tell(address: str) -> None:
            reached = running.model_copy(update={"address": address})
            laptop.started(reached)
            await started(reached)

        with logging_to(laptop.log_file):
            try:
                await run(settings, started=tell, stopping=wishes.stopping)
            finally:
                laptop.stopped()


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Everything that is logged goes to a file; a terminal sees warnings and errors only."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")
    path.chmod(0o600)
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    colors = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    file.setFormatter(_formatter(before, structlog.processors.format_exc_info, colors=False))
    terminal.setFormatter(_formatter(before, _in_one_line, colors=colors))
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.raiseExceptions = False  # a terminal that is gone stops nothing
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = [file, terminal]
    root.setLevel(logging.INFO)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
        structlog.reset_defaults()
        file.close()


def _formatter(
    before: "list[structlog.typing.Processor]", errors: "structlog.typing.Processor", *, colors: bool
) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            errors,
            structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0),
        ],
        foreign_pre_chain=before,
    )


def _in_one_line(_logger: object, _method: str, event: "structlog.typing.EventDict") -> "structlog.typing.EventDict":
    """A terminal gets the error alone; where it came from stands in the log file."""
    told = event.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told[1] if isinstance(told, tuple) else told
    return {**event, "error": repr(error)} if isinstance(error, BaseException) else event


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's
    return True


def _write_private(path: Path, content: BaseModel) -> None:
    draft = path.with_suffix(".new")
    with suppress(FileNotFoundError):
        draft.unlink()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content.model_dump(mode="json"), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
