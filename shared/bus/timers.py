"""Timers on JetStream's message schedules: they outlive whoever set them.

A timer says only "look again now": what is due is told by the log. The server is up to 0.25 s late.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta

import nats.errors
from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import last_position
from shared.bus.puller import Puller
from shared.core.errors import Unavailable

GRAIN_MS = 100  # moments as near to each other as this share a timer
KEPT_WHEN_DUE = timedelta(minutes=1)


class Timers:
    """Sets timers, and tells when one is due, to whoever listens at that moment."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=5)

    async def set(self, moments: Iterable[datetime]) -> None:
        """Be told at each of these moments, or a little later. Set twice it rings once. Raises `Unavailable`."""
        for at_ms in sorted({-(-int(moment.timestamp() * 1000) // GRAIN_MS) * GRAIN_MS for moment in moments}):
            at = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
            headers = {
                "Nats-Schedule": f"@at {at.replace('+00:00', 'Z')}",
                "Nats-Schedule-Target": subjects.timer_due(str(at_ms)),
                "Nats-Schedule-TTL": f"{KEPT_WHEN_DUE.total_seconds():.0f}s",
            }
            try:
                await self._jetstream.publish(subjects.timer_at(str(at_ms)), b"", headers=headers)
            except (nats.errors.Error, TimeoutError, OSError) as failure:
                raise Unavailable(f"a timer could not be set: {failure!r}") from failure

    async def due(self) -> AsyncIterator[None]:
        """Without end, whenever timers have come due from now on."""
        newest = await last_position(self._jetstream, subjects.TIMERS_STREAM, ())
        puller = Puller(self._client, subjects.TIMERS_STREAM, (subjects.TIMERS_DUE,), newest, linger=timedelta())
        async with puller:
            async for _ in puller.batches():
                yield
