"""Environment variables of the runner."""

import socket
from typing import Annotated, Literal

from pydantic import Field, field_validator

from shared.core.errors import InvalidInput
from shared.ops.machine import cores, free_memory_mb
from shared.ops.settings import Settings
from shared.url_policy import Pattern, read_allowances

ROWS_PER_CORE = 2
MEMORY_OF_A_ROW = 80  # MiB, measured: 34 in the light shell, 41 to 82 in a full browser
MOST_ROWS = 64


class RunnerSettings(Settings):
    """`RETOLD_SLOTS`: rows run at once by this process, or `auto`; 0 only serves results."""

    slots: Annotated[
        Annotated[int, Field(ge=0, le=64)] | Literal["auto"],
        Field(description="rows at once; auto: two a core, which keep it busy, as far as the memory goes"),
    ] = "auto"
    worker_id: Annotated[str | None, Field(description="a name for this process; made up when absent")] = None
    worker_region: str | None = None
    chromium: Annotated[str | None, Field(description="path of the browser; looked for when absent")] = None
    browser_address: Annotated[
        str | None, Field(description="http://HOST:9222, cdp+ws://… or playwright+ws://…, several separated by commas")
    ] = None
    headless: bool = True
    allow_addresses: Annotated[
        str, Field(description="private addresses that pages may reach: loopback, private, networks, hosts; by commas")
    ] = ""
    metrics_seconds: Annotated[float, Field(ge=1)] = 15.0
    recording_sessions: Annotated[
        int, Field(ge=0, le=64, description="recordings in live browsers at once by this process; 0: none")
    ] = 4
    recording_sessions_each: Annotated[
        int, Field(ge=1, le=64, description="recordings in live browsers at once of one organization")
    ] = 2
    recording_idle_minutes: Annotated[
        float, Field(gt=0, le=480, description="a live browser in which nothing is done for so long is closed")
    ] = 15.0
    runner_address: Annotated[
        str | None,
        Field(description="http://HOST:PORT at which other runners reach this very process"),
    ] = None

    @property
    def rows_at_once(self) -> int:
        """The slots, counted where they were left to this machine."""
        if self.slots != "auto":
            return self.slots
        return max(1, min(int(ROWS_PER_CORE * cores()), int(free_memory_mb() / MEMORY_OF_A_ROW), MOST_ROWS))

    @property
    def own_address(self) -> str:
        """Where this process answers to other runners; one that listens everywhere is asked by its host's name."""
        host = socket.gethostname() if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return (self.runner_address or f"http://{host}:{self.port}").rstrip("/")

    @field_validator("allow_addresses")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        try:
            read_allowances(text)
        except InvalidInput as error:
            raise ValueError(error.detail) from error
        return text

    @property
    def allowances(self) -> tuple[Pattern, ...]:
        """What the operator allows of addresses that are otherwise closed to every page."""
        return read_allowances(self.allow_addresses)
