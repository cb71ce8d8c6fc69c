"""The streams and consumers that must exist before a service starts; creating them again changes nothing."""

from contextlib import suppress
from datetime import timedelta

import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    KeyValueConfig,
    RetentionPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
)
from nats.js.errors import BadRequestError, NotFoundError

from shared.bus import subjects
from shared.core.errors import Refused

RUNNERS = "runner-executes-dispatched-rows"
KEYS_BUCKET = "keys"
KEY_CHANGES = f"$KV.{KEYS_BUCKET}.*"
CONTROL_BUCKET = "jobctl"
PRESENCE_BUCKET = "presence"
PRESENCE_KEPT = timedelta(seconds=30)
LOGINS_BUCKET = "logins"
LOGINS_KEPT = timedelta(hours=12)  # a job that runs for longer logs in again
HEALS_BUCKET = "heals"
HEALS_MARKED = timedelta(minutes=1)  # how long it is told that an entry's time is over
HEAL_TURNS_BUCKET = "healturns"
HEAL_TURNS_KEPT = timedelta(minutes=1)
RESTORING = "retold-restoring"  # in a stream's metadata while `retold restore` fills it
DUPLICATE_WINDOW = timedelta(minutes=10)
LINES_KEPT = timedelta(days=30)
LINES_BYTES = 1024**3  # reserved on the disk when the stream is made

log = structlog.get_logger()


def streams(replicas: int) -> list[StreamConfig]:
    """The log itself and its seals (never expire, nothing deletable), the runners' lines, dead letters, timers."""
    return [
        StreamConfig(
            name=subjects.EVENTS_STREAM,
            subjects=[subjects.ALL_EVENTS],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            compression=StoreCompression.S2,
            num_replicas=replicas,
            duplicate_window=DUPLICATE_WINDOW.total_seconds(),
            deny_delete=True,
            deny_purge=True,
            allow_direct=True,
            allow_atomic=True,
        ),
        StreamConfig(
            name=subjects.LINES_STREAM,
            subjects=[subjects.ALL_LINES],
            storage=StorageType.FILE,
            compression=StoreCompression.S2,
            num_replicas=replicas,
            max_age=LINES_KEPT.total_seconds(),
            max_bytes=LINES_BYTES,
            discard=DiscardPolicy.OLD,
            allow_direct=True,
        ),
        StreamConfig(
            name=subjects.DEAD_LETTERS_STREAM,
            subjects=[subjects.ALL_DEAD_LETTERS],
            storage=StorageType.FILE,
            num_replicas=replicas,
            allow_direct=True,
        ),
        StreamConfig(
            name=subjects.SEALS_STREAM,
            subjects=[subjects.SEALS],
            storage=StorageType.FILE,
            compression=StoreCompression.S2,
            num_replicas=replicas,
            deny_delete=True,
            deny_purge=True,
            allow_direct=True,
        ),
        StreamConfig(
            name=subjects.TIMERS_STREAM,
            subjects=[subjects.ALL_TIMERS],
            storage=StorageType.FILE,
            num_replicas=replicas,
            max_msgs_per_subject=1,
            allow_msg_schedules=True,
            allow_msg_ttl=True,
            allow_direct=True,
        ),
    ]


def runners_consumer(lease: timedelta, replicas: int) -> ConsumerConfig:
    """The queue of dispatched rows. A row whose worker is silent for a lease is delivered to another."""
    return ConsumerConfig(
        durable_name=RUNNERS,
        description="runners take dispatched rows from here",
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=lease.total_seconds(),
        max_deliver=-1,
        max_ack_pending=1000,
        filter_subject=subjects.ROW_COMMANDS,
        num_replicas=replicas,
    )


def keys_stream(replicas: int) -> StreamConfig:
    """The bucket of the data keys, as any bucket but that a key can be overwritten on disk when it is destroyed."""
    return StreamConfig(
        name=f"KV_{KEYS_BUCKET}",
        subjects=[f"$KV.{KEYS_BUCKET}.>"],
        storage=StorageType.FILE,
        num_replicas=replicas,
        max_msgs_per_subject=1,
        allow_rollup_hdrs=True,
        allow_direct=True,
        discard=DiscardPolicy.NEW,
        deny_delete=False,
    )


def presence_bucket(replicas: int) -> KeyValueConfig:
    """Which workers are there; who says nothing for a while is gone."""
    return KeyValueConfig(
        PRESENCE_BUCKET, ttl=PRESENCE_KEPT.total_seconds(), storage=StorageType.MEMORY, replicas=replicas
    )


def logins_bucket(replicas: int) -> KeyValueConfig:
    """What became of the jobs' set-ups, so that each is done once: digests of sealed files, and locks."""
    return KeyValueConfig(LOGINS_BUCKET, ttl=LOGINS_KEPT.total_seconds(), storage=StorageType.FILE, replicas=replicas)


def heals_bucket(replicas: int) -> KeyValueConfig:
    """Heals that may be used again, and what people decided about them; heals have a time of their own to live."""
    return KeyValueConfig(
        HEALS_BUCKET, storage=StorageType.FILE, replicas=replicas, limit_marker_ttl=HEALS_MARKED.total_seconds()
    )


def heal_turns_bucket(replicas: int) -> KeyValueConfig:
    """Who looks for a stand-in right now, so that others wait for it. In memory only: nothing depends on it."""
    return KeyValueConfig(
        HEAL_TURNS_BUCKET, ttl=HEAL_TURNS_KEPT.total_seconds(), storage=StorageType.MEMORY, replicas=replicas
    )


async def provision(client: Client, *, lease: timedelta, replicas: int = 1) -> None:
    """Create what is missing, bring what exists up to date."""
    jetstream: JetStreamContext = client.jetstream(timeout=30)
    await _refuse_half_restored(jetstream)
    for config in streams(replicas):
        try:
            # First, since to add what exists asks for its space once more, and small disks refuse that.
            await jetstream.update_stream(config)
        except NotFoundError:
            await jetstream.add_stream(config)
    await jetstream.add_consumer(subjects.EVENTS_STREAM, runners_consumer(lease, replicas))
    with suppress(BadRequestError):  # there with other settings, from an earlier release
        await jetstream.add_stream(keys_stream(replicas))
    for bucket in (
        KeyValueConfig(CONTROL_BUCKET, storage=StorageType.FILE, replicas=replicas),
        presence_bucket(replicas),
        logins_bucket(replicas),
        heals_bucket(replicas),
        heal_turns_bucket(replicas),
    ):
        try:
            await jetstream.key_value(bucket.bucket)
        except NotFoundError:
            await jetstream.create_key_value(bucket)


async def _refuse_half_restored(jetstream: JetStreamContext) -> None:
    """A service that wrote into a log that is being restored would make the rest of the archive unfit."""
    try:
        found = (await jetstream.stream_info(subjects.EVENTS_STREAM)).config.metadata or {}
    except NotFoundError:
        return
    if RESTORING in found:
        raise Refused("the log is being restored, or its restore broke off; finish it first: retold restore PLACE")
