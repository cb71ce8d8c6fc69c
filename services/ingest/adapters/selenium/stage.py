"""Where a Selenium test stands while its commands are read one after the other, and the steps that they came to."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from services.ingest.adapters.faults import shown
from services.ingest.adapters.imported import MAX_STEPS, Kind
from services.ingest.adapters.selenium.locators import Element, Unusable, element_at
from services.ingest.adapters.selenium.project import Command, Project
from services.ingest.adapters.selenium.values import Said, Variables
from shared.core.errors import TooLarge

RECORDED_BY = "selenium_ide"
MAX_COMMANDS = 10 * MAX_STEPS  # read in all, with every turn of every loop
# Steps of these kinds change nothing on the page: a dialog that is asked about behind them was opened before them.
PASSIVE = frozenset({"wait", "switch_tab"})


@dataclass(slots=True)
class Line:
    """What a command came to: a step, still without number and label, or only notes.

    `variable`: the variable that its value consists of, with its version; `given`: only a row can give the value.
    """

    command: Command
    step: dict[str, Any] | None
    notes: list[tuple[Kind, str]] = field(default_factory=list)
    variable: tuple[str, int] | None = None
    given: bool = False
    window: int = 1
    called: str | None = None  # instead of what the element is called


class Stage:
    """Commands are told to it by their handlers; `lines` is what came of them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.variables = Variables()
        self.lines: list[Line] = []
        self.frames: list[str | int] = []
        self.frames_lost: str | None = None  # why nobody knows which frame the commands are about
        self.window = 1
        self.windows = 1  # how many have been opened
        self.handles: dict[str, int] = {}
        self.planned: list[dict[str, Any]] = []  # answers to the dialogs of the next action
        self.due: list[dict[str, Any]] = []  # those to the dialogs of the last action
        self.dialog: Line | None = None  # one that may still be told how it is answered
        self.held: tuple[Line, Element, tuple[int, int] | None] | None = None  # where the mouse button went down
        self.running: list[str] = []  # the tests that run each other
        self._read = 0

    def count(self) -> None:
        """One more command is read. Raises `TooLarge`."""
        self._read += 1
        if self._read > MAX_COMMANDS or len(self.lines) > MAX_COMMANDS:
            raise TooLarge(
                f"the test {shown(self.running[0])} is too large: with its loops and the tests that it runs, it comes "
                f"to more than {MAX_STEPS} steps."
            )

    def mark(self) -> dict[str, Any]:
        """How things stand, to come back to."""
        now = {name: value for name, value in vars(self).items() if name != "_read"}  # what was read is counted once
        lists = {name: copy(value) for name, value in now.items() if isinstance(value, list | dict)}
        return now | lists | {"variables": self.variables.copy()}

    def back_to(self, mark: dict[str, Any]) -> None:
        """As if nothing had been read since."""
        vars(self).update(mark)

    # --- what a command came to ---

    def add(self, command: Command, event: str, element: Element | None = None, **metadata: Any) -> Line:
        """A step of that event, on that element in the frame where the test is."""
        step: dict[str, Any] = element.step() if element else {"bundle": {}, "metadata": {}}
        step["event"] = event
        step["navigation"] = {"type": "same_page"}
        step["metadata"] |= {"recordedBy": RECORDED_BY} | metadata
        if command.comment:
            step["metadata"]["comment"] = command.comment
        if self.frames:
            step["bundle"]["iframeChain"] = list(self.frames)
        line = Line(command, step, window=self.window)
        self.lines.append(line)
        return line

    def act(self, command: Command, event: str, element: Element | None = None, **metadata: Any) -> Line:
        """A step that does something to the page, and so may open the dialogs for which answers were planned."""
        line = self.add(command, event, element, **metadata)
        self.due += self.planned
        self.planned = []
        return line

    def note(self, command: Command, kind: Kind, detail: str) -> None:
        """Something to say of a command that comes to no step."""
        self.lines.append(Line(command, None, [(kind, detail)], window=self.window))

    def leave_out(self, command: Command, why: str) -> None:
        """The command is not carried over. A step in its place, which is skipped when the recording runs, says so."""
        line = self.add(command, "custom", name=f"selenium:{command.name[:60]}")
        line.called = f"Left out: {command.name}"[:80]
        line.notes.append(("not_carried", why))

    # --- what a command names ---

    def element(self, command: Command, locator: str | None = None) -> Element | None:
        """The element of the command's target, or of `locator`; None, with the command left out, if there is none."""
        if self.frames_lost:
            self.leave_out(command, self.frames_lost)
            return None
        locators = [locator] if locator is not None else [command.target, *command.targets]
        usable, why = self._usable(locators)
        if not usable:
            self.leave_out(command, f"{shown(locators[0])} names no element here: {why}")
            return None
        return element_at(usable)

    def _usable(self, locators: Iterable[str]) -> tuple[list[str], str]:
        usable: list[str] = []
        reasons: list[str] = []
        for locator in locators:
            said = self.variables.said(locator)
            if said.text is None:
                reasons.append("it holds a variable whose value is only known when the test runs")
                continue
            try:
                element_at([said.text])
            except Unusable as error:
                reasons.append(str(error))
            else:
                usable.append(said.text)
        return list(dict.fromkeys(usable)), next(iter(reasons), "it has no locator")

    def give(self, line: Line, said: Said, *, expected: bool = False) -> bool:
        """Give the step of the last line its value; False, with the command left out, where that cannot be said.

        `expected`: the value is compared with, so it is there even where only a row gives it.
        """
        assert line.step is not None
        if said.text is not None:
            line.step["value"] = said.text
        elif (template := said.template) is not None:
            line.step["value"] = template
            line.step["metadata"]["interpolate"] = True
        elif said.open and not any(kind == "taken" for kind, _ in said.parts):
            self._given_by_row(line, said, expected)
        else:
            self.lines.pop()
            self.leave_out(line.command, "its value is put together from variables that only a row can give")
            return False
        if said.sole and (said.text is not None or line.given):
            line.variable = self.variables.version(said.sole)
        return True

    def _given_by_row(self, line: Line, said: Said, expected: bool) -> None:
        assert line.step is not None
        line.given = True
        name = said.open[0]
        line.variable = self.variables.version(name)
        if expected:
            line.step["value"] = ""
        if said.sole is None:
            line.variable = None
            line.called = name if len(said.open) == 1 else None
            names = " and ".join(f"${{{one}}}" for one in said.open[:3])
            line.notes.append(("changed", f"the value holds {names} among other text; a column gives all of it"))
        if name in self.variables.doubtful:
            line.notes.append(
                ("changed", f"${{{name}}} is set by something that is not carried over; a column gives it")
            )

    def constant(self, command: Command, text: str, what: str) -> str | None:
        """A text that must be known; None, with the command left out, where it is not."""
        known = self.variables.said(text).text
        if known is None:
            self.leave_out(command, f"{what} holds a variable whose value is only known when the test runs")
        return known
