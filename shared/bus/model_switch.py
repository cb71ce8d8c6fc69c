"""Whether a model is asked where ranking finds nothing certain: healers tell it, runners look before they ask.

One entry of the key-value bucket `model`, which fades when no healer tells it any more. In memory only.
"""

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import KeyNotFoundError, NotFoundError
from nats.js.kv import KeyValue

from shared.core.errors import Unavailable

BUCKET, KEY = "model", "switch"
KEPT_SECONDS = 30.0
TELL_SECONDS = 10.0


class Switch(msgspec.Struct, frozen=True):
    """Which model a healer asks, or why it asks none."""

    healer: str
    model: str
    why_not: str | None = None

    @property
    def on(self) -> bool:
        """Whether a question is worth its while."""
        return self.why_not is None


NO_HEALER = Switch("", "", "no healer is running")


class ModelSwitch:
    """The bucket; `replicas` is how many copies it has when this has to make it. Raises `Unavailable`."""

    def __init__(self, client: Client, replicas: int = 1) -> None:
        self._client, self._replicas = client, replicas

    async def tell(self, switch: Switch) -> None:
        """Tell what a healer does. One that asks no model is silent beside one that does."""
        if not switch.on and (told := await self.read()).on and told.healer != switch.healer:
            return
        try:
            await (await self._bucket()).put(KEY, msgspec.json.encode(switch))
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"whether a model is asked cannot be told: {failure!r}") from failure

    async def leave(self, healer: str) -> None:
        """This healer answers no more: unless another one told since, nobody is to ask."""
        try:
            if (await self.read()).healer == healer:
                await (await self._bucket()).purge(KEY)
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"whether a model is asked cannot be told: {failure!r}") from failure

    async def read(self) -> Switch:
        """What was told last."""
        try:
            entry = await (await self._bucket()).get(KEY)
        except KeyNotFoundError:
            return NO_HEALER
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"whether a model is asked cannot be read: {failure!r}") from failure
        return msgspec.json.decode(entry.value or b"", type=Switch)

    async def _bucket(self) -> KeyValue:
        jetstream = self._client.jetstream(timeout=5)
        try:
            return await jetstream.key_value(BUCKET)
        except NotFoundError:
            made = KeyValueConfig(BUCKET, ttl=KEPT_SECONDS, storage=StorageType.MEMORY, replicas=self._replicas)
            return await jetstream.create_key_value(made)
