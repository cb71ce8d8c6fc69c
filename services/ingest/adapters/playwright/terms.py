"""One call of Playwright and the steps that it becomes. Names and arguments are those of its Python API."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.ingest.adapters.faults import Faults, shown
from services.ingest.adapters.imported import Kind
from services.ingest.adapters.labels import placeholder_in
from services.ingest.adapters.playwright.locators import Parts

LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Value:
    """A text of the script: what it is (None: nobody knows before it runs), and the script's name for it.

    `taken`: it holds `${name}` for what an earlier step took from a page.
    """

    text: str | None
    variable: str | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression as the script has it."""

    source: str
    flags: str = ""


@dataclass(slots=True)
class Action:
    """One call. `line`: where in the file, from 1; `page`: which one, from 1; `known`: what is known of the element."""

    name: str
    line: int
    page: int = 1
    parts: Parts | None = None
    args: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    unit: str = "line"  # what is counted
    others: tuple[Parts, ...] = ()  # locators to be tried after `parts`

    @property
    def place(self) -> str:
        """Where in the file, for a fault."""
        return f"{self.unit} {self.line}"


@dataclass(slots=True)
class Made:
    """A step on its way to a number and a label; `json` None: nothing is carried, and the notes say why."""

    line: int
    page: int
    json: dict[str, Any] | None = None
    notes: list[tuple[Kind, str]] = field(default_factory=list)
    variable: str | None = None
    hint: str | None = None  # a label, where the bundle gives none

    def note(self, kind: Kind, detail: str) -> None:
        """Something for the report."""
        if (kind, detail) not in self.notes:
            self.notes.append((kind, detail))


# What a call adds to its step: `event`, `value`, `navigation`, `metadata`. None: it becomes no step.
Part = dict[str, Any] | None
Carrier = Callable[[Action, Made, Faults], Part]


def number(found: Any) -> int | float | None:
    """A number that other programs read the same way, or None."""
    is_number = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) <= LARGEST
    return found if is_number else None


def listed(found: Any) -> list[Any]:
    """A list, empty where it is none."""
    return found if isinstance(found, list) else []


def value_part(event: str, given: Any, made: Made, metadata: dict[str, Any]) -> dict[str, Any]:
    """The keys of a step that takes a value: one that nobody knows is a variable without a default."""
    value = given if isinstance(given, Value) else Value(given if isinstance(given, str) else None)
    made.variable = value.variable
    if value.text is not None and not value.taken and (name := placeholder_in(value.text)):
        made.variable = name
        made.note("changed", f"{shown(value.text)} is a place for a value: it becomes a column to be filled in")
        return {"event": event, "metadata": metadata}
    if value.text is None:
        made.note("changed", "the script computes its value when it runs: it becomes a column to be filled in")
        return {"event": event, "metadata": metadata}
    return {"event": event, "value": value.text, "metadata": metadata | ({"interpolate": True} if value.taken else {})}
