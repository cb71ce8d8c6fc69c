"""What browser a recording wants, and whose it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.port import Guarding

SCHEMES = ("about:", "data:", "javascript:", "file:", "blob:", "mailto:", "chrome:")


class Owner(Protocol):
    """Whose browser it is: told, at once, what was done and what is to be shown."""

    def told(self, told: JSON) -> None:
        """Something that belongs to the recording."""

    def say(self, message: JSON) -> None:
        """Something for every viewer."""

    def framed(self) -> None:
        """There is a new picture."""

    def fitted(self, width: int, height: int) -> None:
        """The window has another size, that of the page which shows it."""

    async def keep(self, name: str, content: bytes) -> str:
        """Keeps a file that was chosen on the screen; gives what a step's value calls it."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """`fleet`: what its `Fleet` is made with, `tools`: that of what assembles, where another is needed for that.

    `judge` says why an address may not be opened, for people.
    """

    fleet: dict[str, Any]
    tools: dict[str, Any]
    width: int
    height: int
    on_screen: bool
    guarding: Guarding
    judge: Callable[[str], str | None]


def as_url(text: str) -> str:
    """What a person means who types this into an address bar."""
    typed = text.strip()
    return typed if "://" in typed or typed.lower().startswith(SCHEMES) else f"https://{typed}"
