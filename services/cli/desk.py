"""What every command has at hand: the options that all commands take, and where its output goes."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from services.cli.client import Client
from shared.core.errors import InvalidInput, Unavailable
from shared.laptop import Laptop, Running

if TYPE_CHECKING:
    from shared.runtime import Blueprint

Services = Mapping[str, "Callable[[], Blueprint]"]
PIPED_WIDTH = 400  # characters: nothing is cut off for a file or another program


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    return console


@dataclass(frozen=True)
class Desk:
    """Results go to `out` (standard output), everything else to `notes` (standard error)."""

    services: Services
    home: Path
    as_json: bool = False
    url: str | None = None
    out: Console = field(default_factory=lambda: _console(stderr=False))
    notes: Console = field(default_factory=lambda: _console(stderr=True))

    def note(self, text: str) -> None:
        """Say something beside the result."""
        self.notes.print(text, markup=False, soft_wrap=True)

    def print_json(self, value: Any, *, line: bool = False) -> None:
        """A result for machines; `line`: one of several, each on a line of its own."""
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        text = json.dumps(value, ensure_ascii=not unicode, indent=None if line else 2, default=str)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def blueprint(self, service: str) -> "Blueprint":
        """A service by name. Raises `InvalidInput` naming the ones there are."""
        if service not in self.services:
            raise InvalidInput(f"there is no service {service!r}; there are: {', '.join(self.services)}")
        return self.services[service]()

    def running(self) -> Running | None:
        """What `retold up` says about itself, when it is running on this home."""
        return Laptop(self.home).running()

    def client(self) -> Client:
        """Speaks to the services at `--url`, or to the ones that `retold up` runs."""
        running = self.running()
        if self.url is not None:
            token = os.environ.get("RETOLD_TOKEN") or (running.token if running and running.address == self.url else "")
            if not token:
                raise InvalidInput(f"to speak to {self.url}, put your token into RETOLD_TOKEN")
            return Client(self.url, token)
        if running is None:
            raise Unavailable(f"nothing is running on {self.home}; start it with: retold up (or say where with --url)")
        return Client(running.address, running.token)
