"""The streams and consumers that must exist before a service starts; creating them again changes nothing."""

from datetime import timedelta

import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
)
from nats.js.errors import BadRequestError, NotFoundError

from shared.bus import subjects

RUNNERS = "runner-executes-dispatched-rows"
KEYS_BUCKET = "keys"
CONTROL_BUCKET = "jobctl"
DUPLICATE_WINDOW = timedelta(minutes=10)
LINES_KEPT = timedelta(days=30)
LINES_BYTES = 2 * 1024**3

log = structlog.get_logger()


def streams(replicas: int) -> list[StreamConfig]:
    """The log itself (never expires, nothing deletable), the runners' lines, and the dead letters."""
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


async def provision(client: Client, *, lease: timedelta, replicas: int = 1) -> None:
    """Create what is missing, bring what exists up to date."""
    jetstream: JetStreamContext = client.jetstream(timeout=30)
    for config in streams(replicas):
        try:
            await jetstream.add_stream(config)
        except BadRequestError:
            await jetstream.update_stream(config)
    await jetstream.add_consumer(subjects.EVENTS_STREAM, runners_consumer(lease, replicas))
    for bucket, history in ((KEYS_BUCKET, 1), (CONTROL_BUCKET, 1)):
        try:
            await jetstream.key_value(bucket)
        except NotFoundError:
            await jetstream.create_key_value(
                bucket=bucket, history=history, storage=StorageType.FILE, replicas=replicas
            )
