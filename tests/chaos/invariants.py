"""PURE: what must hold of the log, whatever happened; each function yields sentences about what does not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from shared.contracts.runner import RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobRowsAdded,
    JobSubmitted,
    RowDispatched,
    RowLost,
    RowSkipped,
)
from shared.core.events import Recorded

Row = tuple[UUID, int]
ENDS = (RowFinished, RowLost)


def by_row(log: Iterable[Recorded]) -> dict[Row, list[Recorded]]:
    """The events of each row, in order."""
    rows: dict[Row, list[Recorded]] = defaultdict(list)
    for recorded in log:
        if recorded.subject.startswith("evt.row."):
            _, _, job, row, _ = recorded.subject.split(".")
            rows[UUID(job), int(row)].append(recorded)
    return rows


def how_it_ended(events: Sequence[Recorded]) -> str | None:
    """success, skipped, or the final failure's error type; nothing while the row has not ended."""
    for event in (recorded.event for recorded in events):
        if isinstance(event, RowSkipped):
            return "skipped"
        if isinstance(event, RowFinished) and event.final:
            return "success" if event.status == "success" else str(event.error_type)
        if isinstance(event, RowLost) and event.final:
            return event.error_type
    return None


def confirmed_and_missing(log: Sequence[Recorded], confirmed: Mapping[UUID, int]) -> Iterator[str]:
    """What the server confirmed is there, at that place."""
    places = {recorded.message: recorded.position for recorded in log}
    for message, position in confirmed.items():
        if places.get(message) != position:
            yield f"message {message}, confirmed at {position}, is at {places.get(message)}"


def stored_twice(log: Sequence[Recorded]) -> Iterator[str]:
    """No message stands in the log at two places."""
    places: dict[UUID, set[int]] = defaultdict(set)
    for recorded in log:
        places[recorded.message].add(recorded.position)
    for message, found in places.items():
        if len(found) > 1:
            yield f"message {message} stands at {sorted(found)}"


def odd_rows(log: Sequence[Recorded]) -> Iterator[str]:
    """Every attempt is dispatched and ends once; nothing follows a row's end; nothing runs twice unseen."""
    options = {e.event.job_id: e.event.options for e in log if isinstance(e.event, JobCreated)}
    for (job, row), events in by_row(log).items():
        name = f"row {row} of job {job}"
        dispatched = Counter(e.event.attempt for e in events if isinstance(e.event, RowDispatched))
        yield from (f"{name}: attempt {n} dispatched {c} times" for n, c in dispatched.items() if c > 1)
        ended = Counter(e.event.attempt for e in events if isinstance(e.event, ENDS))
        yield from (f"{name}: attempt {n} ended {c} times" for n, c in ended.items() if c > 1)
        intended, over = False, False
        for event in (recorded.event for recorded in events):
            if over:
                yield f"{name}: {type(event).__name__} after its end"
            match event:
                case RowDispatched():
                    intended = False
                case RowStarted():
                    if intended and options[job].on_unknown == "fail":
                        yield f"{name}: started again although it may have changed something"
                    intended = False
                case StepIntended():
                    intended = True
                case RowSkipped():
                    over = True
                case RowFinished() | RowLost():
                    over = event.final
                    if not over and event.error_type == "outcome_unknown" and options[job].on_unknown == "fail":
                        yield f"{name}: tried again although it may have changed something"


def crowded_jobs(log: Sequence[Recorded], times: int = 1) -> Iterator[str]:
    """Never more than so many times the rows of a job under way that it allows."""
    limits = {e.event.job_id: e.event.concurrency for e in log if isinstance(e.event, JobCreated)}
    under_way: dict[UUID, set[int]] = defaultdict(set)
    most: Counter[UUID] = Counter()
    for event in (recorded.event for recorded in log):
        match event:
            case RowDispatched():
                under_way[event.job_id].add(event.row)
                most[event.job_id] = max(most[event.job_id], len(under_way[event.job_id]))
            case RowFinished() | RowLost() | RowSkipped():
                under_way[event.job_id].discard(event.row)
    for job, count in most.items():
        if count > limits[job] * times:
            yield f"job {job}: {count} rows under way at once, {limits[job]} allowed"


def odd_jobs(log: Sequence[Recorded]) -> Iterator[str]:
    """Every submitted job has ended, once, and its counts are those of its rows."""
    rows = {row: how_it_ended(events) for row, events in by_row(log).items()}
    ends: dict[UUID, list[JobEnded]] = defaultdict(list)
    for recorded in log:
        if isinstance(recorded.event, JobEnded):
            ends[recorded.event.job_id].append(recorded.event)
    for job in (e.event.job_id for e in log if isinstance(e.event, JobSubmitted)):
        if len(ends[job]) != 1:
            yield f"job {job} ended {len(ends[job])} times"
            continue
        (end,) = ends[job]
        counted = Counter(_kind(ending) for (of, _), ending in rows.items() if of == job)
        told = Counter(success=end.successful, failed=end.failed, skipped=end.skipped)
        if +told != counted:
            yield f"job {job} tells {dict(+told)}, its rows tell {dict(counted)}"


def _kind(ending: str | None) -> str:
    return ending if ending in ("success", "skipped") else "failed" if ending else "not ended"


def disagreeing_with_the_site(log: Sequence[Recorded], entries: Counter[str]) -> Iterator[str]:
    """What the site received, by name, against what the results say."""
    names = names_of_rows(log)
    for (job, row), events in by_row(log).items():
        if (job, row) not in names:
            continue
        ending, received, tried = how_it_ended(events), entries[names[job, row]], _times_intended(events)
        if ending == "success" and received == 0:
            yield f"row {row} of job {job} is told as success, and the site has not received it"
        if received > tried:
            yield f"row {row} of job {job}: the site received it {received} times, and {tried} times it was intended"
        if tried > 1 and received > 1 and not _may_run_again(log, job):
            yield f"row {row} of job {job}: the site received it {received} times, and once was allowed"
    yield from (f"the site received {name!r}, which is in no table" for name in entries.keys() - set(names.values()))


def names_of_rows(log: Iterable[Recorded]) -> dict[Row, str]:
    """What stands in each row's column `name`, where a table has one."""
    return {
        (recorded.event.job_id, recorded.event.first_row + index): row["name"]
        for recorded in log
        if isinstance(recorded.event, JobRowsAdded)
        for index, row in enumerate(recorded.event.rows)
        if "name" in row
    }


def _may_run_again(log: Iterable[Recorded], job: UUID) -> bool:
    options = next(e.event.options for e in log if isinstance(e.event, JobCreated) and e.event.job_id == job)
    return options.on_unknown == "rerun" or options.max_retries > 0


def _times_intended(events: Sequence[Recorded]) -> int:
    """How many runs of the row came to a step that may change something."""
    runs = [
        list(group)
        for begins, group in groupby((e.event for e in events), key=lambda event: isinstance(event, RowStarted))
        if not begins
    ]
    return sum(any(isinstance(event, StepIntended) for event in run) for run in runs)
