"""SHELL: the queue of questions to a model, as long as the service runs, and telling runners whether one is asked."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from services.healer.adapters.claude import Claude
from services.healer.model_calls import SETTLE_SECONDS, ModelCalls
from services.healer.settings import HealerSettings
from shared.bus import subjects
from shared.bus.codec import decode, needs_key, read_envelope
from shared.bus.model_switch import TELL_SECONDS, ModelSwitch, Switch
from shared.bus.outcomes import DeadLetter, Outcome, Retry, outcome_of
from shared.bus.work_queue import Lease, WorkQueue
from shared.contracts.vision import ModelAsked
from shared.core.errors import Unavailable
from shared.core.events import Catalogue
from shared.core.time_and_ids import new_id
from shared.runtime import Resources

QUEUE = "healer-asks-the-model"
LEASE = timedelta(seconds=SETTLE_SECONDS + 40)  # a call and the telling of its answer are over by then
KEY_REST_SECONDS = 300.0  # after the model's service has refused the key

log = structlog.get_logger()


class ModelWorker:
    """Takes questions of rows, as many at once as it has slots. Without an API key it takes none, and says so."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._settings: HealerSettings = resources.settings
        self._switch = ModelSwitch(resources.nats, self._settings.replicas)
        self._id = new_id().hex
        self._catalogue = Catalogue((ModelAsked,))
        consumer = ConsumerConfig(
            durable_name=QUEUE,
            description="rows that no element is certain enough for ask a model from here",
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=LEASE.total_seconds(),
            max_deliver=-1,
            filter_subject=subjects.ROW_QUESTIONS,
            num_replicas=self._settings.replicas,
        )
        slots = self._settings.model_slots
        self._queue = WorkQueue(resources.nats, subjects.EVENTS_STREAM, consumer, slots, self._take)
        self._calls: ModelCalls | None = None
        self._at_work: set[asyncio.Task[None]] = set()
        self._rests_until = 0.0

    @property
    def why_not(self) -> str | None:
        """Why no model is asked now; none where it is."""
        if self._rests_until > asyncio.get_running_loop().time():
            return "the model's service refused the API key; check ANTHROPIC_API_KEY"
        return self._settings.model_off

    async def run(self) -> None:
        """Answer questions until the process stops, then let those under way come to their end."""
        stopping, off = self._resources.stopping, self._settings.model_off
        if off:
            log.info("no model is asked where ranking finds nothing certain", why=off)
            await stopping.wait()
            return
        log.info("a model is asked where ranking finds nothing certain", model=self._settings.model)
        if self._settings.price is None:
            unknown = "the model's price is not known: calls and tokens are limited, its cost is not"
            log.warning(f"{unknown}; set RETOLD_MODEL_PRICES", model=self._settings.model)
        async with Claude(self._settings.api_key, self._settings.anthropic_base_url or None) as claude:
            self._calls = ModelCalls(self._resources, claude)
            try:
                await self._queue.run(stopping)
            finally:
                with suppress(Unavailable):
                    await self._switch.leave(self._id)
                if self._at_work:
                    await asyncio.wait(self._at_work)

    async def tell(self) -> None:
        """Tell the runners whether asking is worth their while, again and again."""
        while not self._resources.stopping.is_set():
            with suppress(Unavailable):
                await self._switch.tell(Switch(self._id, self._settings.model, self.why_not))
            await asyncio.sleep(TELL_SECONDS)

    def _take(self, message: Msg) -> None:
        task = asyncio.create_task(self._answer(Lease(message, LEASE.total_seconds())))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _answer(self, lease: Lease) -> None:
        message = lease.message
        try:
            await self._answer_all(message)
            await message.ack()
        except asyncio.CancelledError:
            await lease.hand_back(0)
            raise
        except Exception as failure:
            await self._settle(lease, outcome_of(failure, message.metadata.num_delivered))
        finally:
            await self._queue.free()

    async def _settle(self, lease: Lease, outcome: Outcome) -> None:
        """A question that cannot get better is dropped: its row has its own patience, and goes on without."""
        match outcome:
            case Retry(seconds):
                log.warning("a question to the model is handed back", subject=lease.message.subject)
                await lease.hand_back(seconds)
            case DeadLetter(reason):
                log.error("a question to the model is dropped", subject=lease.message.subject, reason=reason)
                await lease.message.ack()

    async def _answer_all(self, message: Msg) -> None:
        assert self._calls is not None
        envelope = read_envelope(message.data)
        if needs_key(envelope, self._catalogue):
            await self._resources.keys.unlock([envelope.org])
        position = message.metadata.sequence.stream
        for recorded in decode(message.data, message.subject, position, self._catalogue, self._resources.keys):
            if await self._calls.answer(recorded, self.why_not):
                self._rests_until = asyncio.get_running_loop().time() + KEY_REST_SECONDS
                log.error("the model's service refuses the API key: no model is asked for a while")
                await self._switch.tell(Switch(self._id, self._settings.model, self.why_not))
