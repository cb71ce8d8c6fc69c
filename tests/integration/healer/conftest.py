"""A healer's model worker on a real log and a real object store, asking a model of the test's own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.healer.main import BLUEPRINT
from services.healer.model_worker import ModelWorker
from shared.bus import subjects
from shared.bus.log import ANY_SEQUENCE, Append, Context
from shared.contracts.vision import ModelAnswered, ModelAsked, ModelBudget
from shared.core.events import Event
from shared.core.time_and_ids import new_id, now
from shared.runtime import Resources
from shared.testing.model import Model
from tests.conftest import OpenResources

PICTURE = b"\xff\xd8 a picture of the page \xff\xd9"


@dataclass
class Questions:
    """Rows of one job that ask; the answers are read from the log."""

    resources: Resources
    job: UUID = field(default_factory=new_id)
    recording: UUID = field(default_factory=new_id)
    context: Context = field(default_factory=lambda: Context(new_id(), "test"))

    async def asked(self, row: int = 0, **changes: Any) -> ModelAsked:
        """A question, not put yet."""
        given = {
            "ask_id": new_id(),
            "job_id": self.job,
            "row": row,
            "attempt": 1,
            "recording_id": self.recording,
            "step_number": 3,
            "event": "click",
            "target": {"tag": "button", "aria": "Save"},
            "candidates": [{"mark": 1, "text": "Cancel"}, {"mark": 2, "text": "Store"}],
            "picture": await self.resources.objects.put(self.context.org, PICTURE),
            "page_origin": "https://crm.example",
            "page_path": "/people",
            "threshold": 80,
            "deadline": now() + timedelta(seconds=30),
        }
        return ModelAsked(**given | changes)

    async def put(self, asked: ModelAsked) -> None:
        """Append the question as a row does."""
        await self.tell(subjects.row(self.job, asked.row), asked, "ask")

    async def ask(self, row: int = 0, **changes: Any) -> ModelAnswered:
        """Put a question and wait for the answer."""
        asked = await self.asked(row, **changes)
        await self.put(asked)
        return await self.answer(asked)

    async def tell(self, stream: subjects.Stream, event: Event, kind: str = "evt") -> None:
        """Append something."""
        append = Append(stream, [event], ANY_SEQUENCE, str(new_id()), self.context, kind)
        await self.resources.log.append(append)

    async def answer(self, asked: ModelAsked, seconds: float = 20) -> ModelAnswered:
        """What became of a question."""
        subject = subjects.model_calls(self.job).subject()
        async with asyncio.timeout(seconds):
            async with aclosing(self.resources.log.follow([subject], only=(ModelAnswered,))) as batches:
                async for batch in batches:
                    for each in batch.events:
                        if isinstance(each.event, ModelAnswered) and each.event.ask_id == asked.ask_id:
                            return each.event
        raise AssertionError

    async def kept(self, digest: str | None) -> Any:
        """A file that was kept, as JSON."""
        assert digest is not None
        return json.loads(await self.resources.objects.get(self.context.org, digest))

    def limited(self, **most: int) -> ModelBudget:
        """What the job may spend."""
        return ModelBudget(**most)


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as running:
        yield running


@asynccontextmanager
async def working(resources: Resources, **settings: Any) -> AsyncIterator[tuple[ModelWorker, Resources]]:
    """A model worker with these settings, until the context ends."""
    own = type(resources.settings)(**{**resources.settings.model_dump(), **settings})
    stopping = asyncio.Event()
    there = replace(resources, settings=own, stopping=stopping)
    worker = ModelWorker(there)
    tasks = [asyncio.create_task(worker.run()), asyncio.create_task(worker.tell())]
    try:
        yield worker, there
    finally:
        stopping.set()
        await tasks[0]
        tasks[1].cancel()


@pytest.fixture
async def healer(resources_of: OpenResources) -> Resources:
    return await resources_of(BLUEPRINT)
