"""Retells a recording in a later release, by the product's own fleet in Chromium, and looks at what it acts on.

Where a step is refused, a helping hand does it and the steps that this release asks for beside it, so that the steps
behind it can be tried as well. What was done without help is told apart.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.runner.adapters.faults import DriverFailure
from services.runner.adapters.options import (
    Artifact,
    HealReport,
    LogLevel,
    ModelAnswer,
    ModelQuestion,
    StepOptions,
)
from services.runner.adapters.session import Session
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult
from tests.benchmarks.heal.versions.acts import Act, Row, Task
from tests.benchmarks.heal.versions.judging import WRONG, Done, Kind, judge
from tests.benchmarks.heal.versions.recording import Recording

# The element that is acted on, and whether it is the one at `place`: itself, within it, its label, or one step above.
LOOK = """(engine, place) => {
  const acted = engine.element;
  if (!acted || !acted.isConnected) return null;
  const byPath = () => document.evaluate(place, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
  const all = (found) => Array.from({ length: found.snapshotLength }, (_, at) => found.snapshotItem(at));
  const meant = !place ? [] : /^[/(]/.test(place) ? all(byPath()) : [...document.querySelectorAll(place)];
  const labels = (one) => [...(one.labels || [])].some((label) => label === acted || label.contains(acted));
  const right = meant.some((one) => one.contains(acted) || one.parentElement === acted || labels(one));
  return { right, html: acted.cloneNode(false).outerHTML.slice(0, 300), text: (acted.innerText || "").slice(0, 80) };
}"""


@dataclass(frozen=True, slots=True)
class Told:
    """A step as it was retold. `helped`: it was reached only because an earlier one had been done by hand."""

    act: str
    has_element: bool
    kind: Kind
    helped: bool
    confidence: int | None = None
    method: str | None = None
    error_type: str | None = None
    error: str | None = None
    acted_on: dict[str, Any] | None = None
    rivals: list[dict[str, Any]] = field(default_factory=list)
    picture: bytes | None = None


class Watching:
    """The worker's part in a row, which also looks at the element before it is pressed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._place: str | None = None
        self.seen: dict[str, Any] | None = None
        self.report: HealReport | None = None
        self.picture: bytes | None = None

    def begin(self, place: str | None) -> None:
        """The next step, whose right element is at `place`."""
        self._place, self.seen, self.report, self.picture = place, None, None, None

    async def look(self) -> None:
        """Keeps what is acted on, the first time that it can be seen."""
        if self.seen is None and self._session.open_tabs:
            with suppress(DriverFailure):
                self.seen = await self._session.front.ask(self._session.front.main, LOOK, self._place)

    async def intend(self, step_number: int, action: str) -> None:
        """What follows may take the page away."""
        await self.look()

    async def healed(self, report: HealReport) -> None:
        """Kept; the stand-in can be seen now."""
        self.report = report
        if report.success:
            await self.look()

    async def review(self, report: HealReport) -> bool:
        """Nobody looks on."""
        return True

    async def ask_model(self, question: ModelQuestion) -> ModelAnswer | None:
        """There is none."""
        return None

    async def withdrawn(self, report: HealReport, cache_key: str | None, reason: str) -> None:
        """The step's result says so as well."""

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        """Nothing is cached here."""

    async def artifact(self, artifact: Artifact) -> str:
        """The picture of a stand-in is kept."""
        content = artifact.content.read_bytes() if isinstance(artifact.content, Path) else artifact.content
        if artifact.name.endswith("-healed.jpg"):
            self.picture = content
        return hashlib.sha256(content).hexdigest()

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        """Nobody reads it."""


class Retelling:
    """One row in one release: `steps` as recorded in the old one, `hand` as done by hand in this one."""

    def __init__(self, session: Session, release: str, hand: Recording) -> None:
        self._session, self._release, self._hand = session, release, hand
        self._watching = Watching(session)
        self._options = StepOptions()
        self._helped = False

    async def perform(self, task: Task, steps: Mapping[int, Step]) -> list[Told]:
        """Every recorded step, up to the first that does something wrong."""
        told: list[Told] = []
        lost = False
        waiting: list[int] = []  # what only this release asks for
        for at, act in enumerate(task.acts):
            if at not in steps:
                waiting.append(at)
                continue
            if lost:
                told.append(Told(act.name, act.do != "open", "not reached", self._helped))
                continue
            one = await self._perform(act, steps[at], task.told)
            told.append(one)
            lost = one.kind in WRONG or (one.kind.startswith("refused") and not await self._help(task, [*waiting, at]))
            waiting = []
        return told

    async def _perform(self, act: Act, step: Step, row: Row) -> Told:
        place = act.place(self._release) if act.do != "open" else None
        self._watching.begin(place)
        result = await self._session.perform(step, self._value(act, step, row), self._options, self._watching)
        if result.found_by is not None:
            await self._watching.look()
        return await self._told(act, result, there=act.is_done_in(self._release))

    async def _told(self, act: Act, result: StepResult, *, there: bool) -> Told:
        seen, report = self._watching.seen, self._watching.report
        completed = result.status == "completed"
        acted = result.found_by is not None and (completed or result.error_type == "heal_without_effect")
        found_by = "recorded" if act.do == "open" else result.found_by
        kind = judge(Done(found_by, completed, acted, seen["right"] if seen else None), there=there)
        picture = self._watching.picture
        if picture is None and not completed:
            with suppress(DriverFailure):
                picture = await self._session.screenshot()
        return Told(
            act=act.name,
            has_element=act.do != "open",
            kind=kind,
            helped=self._helped,
            confidence=report.confidence if report else None,
            method=report.method if report else None,
            error_type=result.error_type,
            error=result.error,
            acted_on=seen,
            rivals=report.rivals if report else [],
            picture=picture,
        )

    async def _help(self, task: Task, missing: list[int]) -> bool:
        """Does by hand what was not done; whether that went well."""
        self._helped = True
        for at in missing:
            if at not in self._hand.steps:
                continue
            act, step = task.acts[at], self._hand.steps[at]
            self._watching.begin(act.place(self._release))
            value = self._value(act, step, task.told)
            result = await self._session.perform(step, value, StepOptions(healing="off"), self._watching)
            if result.status != "completed":
                return False
        return True

    @staticmethod
    def _value(act: Act, step: Step, row: Row) -> str | None:
        return act.value_for(row) if act.do in ("type", "select") else step.value
