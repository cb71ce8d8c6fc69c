"""What a person does in an application, and by hand: which element is the right one in each release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Row = Mapping[str, str]
Doing = Literal["open", "click", "type", "key", "select", "check"]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that is done.

    `at`: CSS or XPath (beginning with `/` or `(`) of the one right element, for all releases or by release; a release
    that is not named has no such element. `value`: what is typed or chosen, the key, or the path that is opened;
    `{column}` stands for the row's value.
    """

    name: str
    do: Doing
    at: str | Mapping[str, str] = ""
    value: str = ""

    def place(self, release: str) -> str | None:
        """Where the right element is in a release; none where there is none."""
        return self.at if isinstance(self.at, str) else self.at.get(release)

    def is_done_in(self, release: str) -> bool:
        """Whether a person does it there."""
        return self.do == "open" or self.place(release) is not None

    def value_for(self, row: Row) -> str:
        """The value in a row."""
        return self.value.format(**row)


@dataclass(frozen=True, slots=True)
class Task:
    """What is recorded in one go, and what the database must answer to `asks` (SQL) after it was done with a row."""

    name: str
    acts: tuple[Act, ...]
    recorded: Row
    told: Row
    asks: str
    wants: Callable[[Row], list[dict[str, Any]]]
