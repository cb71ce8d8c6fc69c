"""PURE: rows in flight that nobody will end any more.

A worker that vanishes is no reason yet: the queue gives its row to another, who decides with the row's history at
hand. This is for what the queue cannot mend: a row that a worker keeps and does not end, and a row whose message was
acknowledged although nothing was told. A row that only waits for a worker is never lost, however long it waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.scheduler.policies import Admission
from services.scheduler.progress import Flight, JobProgress, LoseRow
from shared.contracts.scheduler import RowLost

LEASES = 3
SLACK = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Queue:
    """What is known of the queue of dispatched rows.

    `acknowledged`: every dispatch up to this position was acknowledged, so nobody will be given it again.
    `workers_idle`: a worker is asking for rows in vain, so no row waits for one.
    `watched_since`: from then on workers were there without a break, who could have taken over what others left.
    """

    acknowledged: int
    workers_idle: bool
    watched_since: datetime


def lost_rows(
    admission: Admission, queue: Queue, lease: timedelta, now: datetime
) -> Iterator[tuple[JobProgress, LoseRow]]:
    """Orders to end them, each given once."""
    for job in admission.jobs.values():
        if job.paused:  # what its rows were in the middle of waits for a person
            continue
        options = job.created.options
        usual = LEASES * lease + timedelta(milliseconds=options.row_timeout) + SLACK
        for row, flight in job.in_flight.items():
            if flight.at is None or flight.asked:
                continue
            patience = usual + timedelta(seconds=options.heal_review_seconds if row in job.held else 0)
            if max(flight.at, job.resumed_at or flight.at, queue.watched_since) + patience > now:
                continue
            if flight.dispatched <= queue.acknowledged or (flight.taken and queue.workers_idle):
                flight.asked = True
                yield job, LoseRow(_lost(job, row, flight), flight.position, flight.origin)


def _lost(job: JobProgress, row: int, flight: Flight) -> RowLost:
    options = job.created.options
    unknown = flight.intended is not None
    return RowLost(
        job_id=job.created.job_id,
        row=row,
        attempt=flight.attempt,
        final=flight.attempt > options.max_retries or (unknown and options.on_unknown == "fail"),
        error_type="outcome_unknown" if unknown else "worker_lost",
        error_message=_UNKNOWN.format(step=flight.intended) if unknown else _LOST,
        failed_step=flight.intended,
    )


_UNKNOWN = (
    "the worker was lost at or after step {step}, which may have changed something in the application; "
    "look there, then run the row again if it is missing"
)
_LOST = "the worker was lost before it changed anything in the application; run the row again"
