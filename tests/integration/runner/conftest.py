"""A real Chromium, real small sites, and one row at a time to try steps with."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from services.runner.adapters.browser import Fleet
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
from shared.testing.sites import Sites


class Heard:
    """Hooks that remember what they were told, and how many entries the site had at that moment."""

    def __init__(self, sites: Sites) -> None:
        self.sites = sites
        self.intents: list[tuple[int, str]] = []
        self.entries_at_intent: list[int] = []
        self.heals: list[HealReport] = []
        self.missed: list[tuple[int, str]] = []
        self.lines: list[str] = []
        self.artifacts: list[tuple[str, str, bytes]] = []
        self.refuse: Exception | None = None
        self.proposals: list[HealReport] = []
        self.accepts = True  # what a person says to a proposal
        self.questions: list[ModelQuestion] = []
        self.answer: ModelAnswer | None = None  # what the model says
        self.withdrawals: list[tuple[HealReport, str | None, str]] = []

    async def intend(self, step_number: int, action: str) -> None:
        self.intents.append((step_number, action))
        self.entries_at_intent.append(len(self.sites.entries()))
        if self.refuse:
            raise self.refuse

    async def healed(self, report: HealReport) -> None:
        self.heals.append(report)

    async def review(self, report: HealReport) -> bool:
        self.proposals.append(report)
        return self.accepts

    async def ask_model(self, question: ModelQuestion) -> ModelAnswer | None:
        self.questions.append(question)
        return self.answer

    async def withdrawn(self, report: HealReport, cache_key: str | None, reason: str) -> None:
        self.withdrawals.append((report, cache_key, reason))

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        self.missed.append((step_number, cache_key))

    async def artifact(self, artifact: Artifact) -> str:
        content = artifact.content if isinstance(artifact.content, bytes) else artifact.content.read_bytes()
        self.artifacts.append((artifact.kind, artifact.name, content))
        return hashlib.sha256(content).hexdigest()

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        self.lines.append(f"{level}: {message}")


class Row:
    """One session with its hooks; steps are numbered as they come."""

    def __init__(self, session: Session, sites: Sites) -> None:
        self.session = session
        self.sites = sites
        self.heard = Heard(sites)
        self.options = StepOptions(wait_timeout=700, heal_grace=300, navigation_timeout=4_000)
        self.number = 0

    def step(self, event: str, selector: str | None = None, **more: Any) -> Step:
        """A step; `to` names where the recorded one led, `bundle` and `metadata` are canonical JSON."""
        self.number += 1
        to = more.pop("to", None)
        navigation = {"type": "navigation", "url": to} if to else {"type": "same_page"}
        given = {"bundle": {}, "navigation": navigation, "stepNumber": self.number, "event": event, **more}
        return Step.model_validate(given | ({"selector": selector} if selector else {}))

    async def do(self, event: str, selector: str | None = None, **more: Any) -> StepResult:
        """Performs a step; `given` is the row's value, `options` change the step's options."""
        options = replace(self.options, **more.pop("options", {}))
        given = more.pop("given", None)
        return await self.session.perform(self.step(event, selector, **more), given, options, self.heard)

    async def open(self, path: str) -> StepResult:
        result = await self.do("navigate", value=f"{self.sites.url}{path}")
        assert result.error is None
        return result

    async def read(self, expression: str) -> Any:
        tab = self.session.front
        return await tab.evaluate(tab.main, expression)

    async def said(self) -> str:
        return str(await self.read("document.querySelector('#said').textContent"))


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    with Sites() as served:
        yield served


@pytest.fixture(scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet() as warm:
        yield warm


@pytest.fixture
async def row(fleet: Fleet, sites: Sites) -> AsyncIterator[Row]:
    sites.clear()
    async with fleet.session() as session:
        yield Row(session, sites)
