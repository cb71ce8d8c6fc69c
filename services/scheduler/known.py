"""SHELL: what the dispatcher knows beside the log: the workers, their queue, and from where the log matters."""

from datetime import datetime, timedelta

import nats.errors
from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError

from services.scheduler.sweep import Queue
from shared.bus import subjects
from shared.bus.presence import Presence
from shared.bus.topology import CONTROL_BUCKET, RUNNERS
from shared.core.errors import Unavailable
from shared.runtime import Resources

FLOOR = "admission.floor"
LEAST_CAP = 10
ROWS_PER_SLOT = 1.5  # so that a worker that gets free finds a row, and a row waits for less than one row's time
BREAK = timedelta(seconds=20)  # longer between two looks: the process, or the machine, stood still


class FleetWatch:
    """How many rows may be in flight, and since when workers have been there without a break."""

    def __init__(self, resources: Resources, fixed_cap: int | None) -> None:
        self._resources = resources
        self._presence = Presence(resources.nats, resources.settings.replicas)
        self._fixed_cap = fixed_cap
        self._looked_at = resources.clock()
        self._watched_since: datetime | None = None
        self.lease = timedelta(seconds=resources.settings.lease_seconds)
        self.cap = fixed_cap or LEAST_CAP

    async def look(self) -> None:
        """Look who is there. When nobody is, the cap stays: who comes next finds rows waiting."""
        now = self._resources.clock()
        try:
            slots = sum(worker.slots for worker in (await self._presence.all()).values())
        except Unavailable:
            slots = 0
        if slots == 0:
            self._watched_since = None
        elif self._watched_since is None or now - self._looked_at > BREAK:
            self._watched_since = now
        if slots and not self._fixed_cap:
            self.cap = max(LEAST_CAP, int(slots * ROWS_PER_SLOT))
        self._looked_at = now

    async def queue(self) -> Queue | None:
        """The queue of dispatched rows; nothing while no worker is there, or it cannot be read."""
        if self._watched_since is None:
            return None
        try:
            jetstream = self._resources.nats.jetstream(timeout=5)
            found = await jetstream.consumer_info(subjects.EVENTS_STREAM, RUNNERS)
        except (nats.errors.Error, TimeoutError):
            return None
        acknowledged = found.ack_floor.stream_seq if found.ack_floor else 0
        return Queue(acknowledged, bool(found.num_waiting), self._watched_since)


class Floor:
    """The position from which the dispatcher's next start must read; only jobs under way matter."""

    def __init__(self, client: Client) -> None:
        self._jetstream = client.jetstream(timeout=5)
        self.position = 0

    async def read(self) -> None:
        """As it was noted. Raises `Unavailable`."""
        try:
            bucket = await self._jetstream.key_value(CONTROL_BUCKET)
            self.position = int((await bucket.get(FLOOR)).value or b"0")
        except KeyNotFoundError:
            self.position = 0
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"the scheduler's floor is not readable: {failure!r}") from failure

    async def raise_to(self, position: int) -> None:
        """Note it, if it is higher. Raises `Unavailable`."""
        if position <= self.position:
            return
        try:
            bucket = await self._jetstream.key_value(CONTROL_BUCKET)
            await bucket.put(FLOOR, str(position).encode())
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"the scheduler's floor could not be noted: {failure!r}") from failure
        self.position = position
