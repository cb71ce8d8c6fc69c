"""Performing a case and judging it."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.runner.adapters.browser import Fleet
from services.runner.adapters.options import (
    Artifact,
    HealReport,
    LogLevel,
    ModelAnswer,
    ModelQuestion,
    SessionOptions,
    StepOptions,
)
from services.runner.policies import with_dialogs
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult
from shared.core.errors import NotFound
from tests.conformance.case import Case, Told, do
from tests.conformance.server import Server

ARRIVING_SECONDS = 10.0
PATIENT_MS = 10_000
REFUSING_MS = 1_000  # what must not be done is not waited for so long


@dataclass
class Kept:
    """Hooks that remember what the steps told."""

    intents: list[int] = field(default_factory=list)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    async def intend(self, step_number: int, action: str) -> None:
        self.intents.append(step_number)

    async def healed(self, report: HealReport) -> None:
        self.lines.append(f"healed step {report.step_number}: {report.success}")

    async def review(self, report: HealReport) -> bool:
        return True

    async def ask_model(self, question: ModelQuestion) -> ModelAnswer | None:
        raise AssertionError("no case asks a model")

    async def withdrawn(self, report: HealReport, cache_key: str | None, reason: str) -> None:
        self.lines.append(f"withdrawn: {reason}")

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        raise AssertionError("no case has a cache")

    async def artifact(self, artifact: Artifact) -> str:
        content = artifact.content
        kept = content.read_bytes() if isinstance(content, Path) else content
        self.artifacts[artifact.name] = kept
        return hashlib.sha256(kept).hexdigest()

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        self.lines.append(f"{level}: {message}")


@dataclass
class Outcome:
    """What came of a case's steps."""

    results: list[StepResult]
    told: list[Told]
    kept: Kept
    extracted: dict[str, str]

    def __str__(self) -> str:
        steps = "\n".join(f"  {one.step_number} {one.status} {one.error or one.message or ''}" for one in self.results)
        told = "\n".join(f"  {one}" for one in self.told)
        lines = "\n".join(f"  {one}" for one in self.kept.lines)
        return f"steps:\n{steps}\nthe server got:\n{told}\nlog:\n{lines}"


@dataclass
class Stage:
    """Where cases are performed: a driver's fleet, the server, a folder."""

    driver: str
    fleet: Fleet
    server: Server
    folder: Path

    async def perform(self, case: Case) -> Outcome:
        """Opens the page, performs the steps until one fails, and waits for what the server must get."""
        run = uuid4().hex
        kept = Kept()
        usual = StepOptions(
            wait_timeout=REFUSING_MS if case.fails else PATIENT_MS,
            heal_grace=300,
            navigation_timeout=3 * REFUSING_MS if case.fails else 2 * PATIENT_MS,
            files=self._files(case),
        )
        outcome = Outcome([], [], kept, {})
        async with self.fleet.session(SessionOptions()) as session:
            usual = replace(usual, extracted=session.extracted)
            for step in self._steps(case, run):
                outcome.results.append(await session.perform(step, step.value, usual, kept))
                if outcome.results[-1].status == "failed":
                    break
            if bool(case.fails) == (outcome.results[-1].status == "failed"):
                await self._arrived(case, run)
            await session.finish(kept)
            outcome.extracted = dict(session.extracted)
            outcome.told = self.server.told(run)  # before the window is closed, which pages tell of as well
        return outcome

    def _steps(self, case: Case, run: str) -> Sequence[Step]:
        opening = do("navigate", value=f"{{{{here}}}}/{case.page}", to=True)
        steps = [self._filled(step, case, run) for step in (opening, *case.steps)]
        numbered = [Step.model_validate({"stepNumber": number, **step}) for number, step in enumerate(steps, start=1)]
        return with_dialogs(numbered)

    def _filled(self, value: Any, case: Case, run: str) -> Any:
        """A step with the addresses of the origins, and the names by which a recording knows the case's files."""
        if isinstance(value, dict):
            return {key: self._filled(each, case, run) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each, case, run) for each in value]
        if not isinstance(value, str):
            return value
        for name, content in case.files.items():
            digest = hashlib.sha256(content.encode()).hexdigest()
            value = value.replace(f"{{{{{name}}}}}", f"retold-file:{digest}/{name}")
        for word, origin in {"{{here}}": self.server.url, "{{other}}": self.server.other_url}.items():
            value = value.replace(word, f"{origin}/{run}")
        return value

    def _files(self, case: Case) -> Any:
        async def find(value: str) -> Path:
            name = value.rpartition("/")[2]
            if name not in case.files:
                raise NotFound(f"There is no file {value}.")
            path = self.folder / uuid4().hex / name
            path.parent.mkdir(parents=True)
            path.write_text(case.files[name], "utf-8")
            return path

        return find

    async def _arrived(self, case: Case, run: str) -> None:
        deadline = time.monotonic() + ARRIVING_SECONDS
        while time.monotonic() < deadline:
            told = self.server.told(run)
            if case.told(told) if callable(case.told) else len(told) >= len(case.told):
                return
            await asyncio.sleep(0.02)


def judge(case: Case, outcome: Outcome) -> None:
    """Raises `AssertionError`, with all that happened, where a case did not come to what it must."""
    last = outcome.results[-1]
    before = outcome.results[:-1] if case.fails else outcome.results
    assert all(result.status != "failed" for result in before), f"a step failed\n{outcome}"
    if case.fails:
        assert last.error_type == case.fails, f"the last step must fail ({case.fails})\n{outcome}"
    skipped = tuple(result.step_number - 1 for result in outcome.results if result.status == "skipped")
    assert skipped == case.skips, f"skipped: {skipped}\n{outcome}"
    if callable(case.told):
        assert case.told(outcome.told), f"the server must have got something else\n{outcome}"
    else:
        assert outcome.told == case.told, f"the server must have got {case.told}\n{outcome}"
    for pattern, content in case.kept.items():
        kept = [found for name, found in outcome.kept.artifacts.items() if fnmatchcase(name, pattern)]
        assert any(content.encode() in found for found in kept), f"kept: {[*outcome.kept.artifacts]}\n{outcome}"
    assert all("/" not in name and not name.startswith(".") for name in outcome.kept.artifacts), str(outcome)
    assert outcome.extracted == dict(case.extracted), f"extracted: {outcome.extracted}\n{outcome}"
