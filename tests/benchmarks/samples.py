"""The event that is measured with: a row's start, about 450 bytes on the wire."""

from uuid import UUID, uuid4

from shared.bus import subjects
from shared.bus.codec import encode
from shared.bus.log import Append, Context
from shared.contracts.runner import RowStarted
from shared.core.time_and_ids import now

ORG = UUID("6d0ff0ee-0000-4000-8000-000000000001")
CONTEXT = Context(ORG, "runner:benchmark", correlation="benchmark")
WORKER = "vdi-07.machines.example-4711-a1b2c3"
EVENTS_A_STREAM = 3


def appends(count: int, *, streams: int | None = None) -> list[list[Append]]:
    """Decisions of one event, `count` in all, on so many fresh streams (absent: three to a stream, as a row has).

    Every stream's appends are one list; each but the first expects the position of the one before it.
    """
    job_id = uuid4()
    streams = streams or -(-count // EVENTS_A_STREAM)
    return [
        [_append(job_id, row, number) for number in range(len(range(row, count, streams)))] for row in range(streams)
    ]


def _append(job_id: UUID, row: int, number: int) -> Append:
    event = RowStarted(job_id=job_id, row=row, attempt=1, worker_id=WORKER, delivery=number + 1)
    return Append(subjects.row(job_id, row), [event], 0, str(number), CONTEXT)


def on_wire(append: Append) -> tuple[str, bytes, dict[str, str]]:
    """Subject, payload and headers as our log sends them, but for the expected position."""
    headers = {
        "Nats-Msg-Id": str(append.message),
        "Nats-Expected-Last-Subject-Sequence": "0",
        "Nats-Expected-Last-Subject-Sequence-Subject": append.stream.canonical_filter,
    }
    return append.stream.subject(append.kind), encode(append, now()), headers
