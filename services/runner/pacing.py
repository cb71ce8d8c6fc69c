"""PURE: how fast a row is retold: which pauses of the recording are kept, and how long a step waits to be tried again.

Times in milliseconds. Without a speed nothing waits: a step begins when the one before it has ended.
"""

from collections.abc import Sequence

from shared.contracts.recording import Step
from shared.contracts.scheduler import JobOptions


def is_paced(options: JobOptions) -> bool:
    """Whether a row has any pauses at all."""
    return options.speed is not None or options.slow_motion


def pause_before(steps: Sequence[Step], index: int, options: JobOptions) -> float:
    """How long after the beginning of the step before it a step begins, as it was recorded and at the job's speed.

    0 where the recording does not say, or says that it went back in time.
    """
    if options.speed is None or index == 0:
        return 0
    began, begins = steps[index - 1].timestamp, steps[index].timestamp
    if began is None or begins is None or begins <= began:
        return 0
    recorded = float(begins - began)
    if options.skip_inactivity:
        recorded = min(recorded, options.max_inactivity)
    return recorded / options.speed


def pause_after(options: JobOptions) -> int:
    """How long a person gets to look at what a step did."""
    return options.slow_motion_delay if options.slow_motion else 0


def pauses_between_tries(options: JobOptions) -> tuple[int, ...]:
    """The wait before each further try of a step: as many as `retry_attempts`, the last pause again where too few."""
    pauses, attempts = options.retry_backoff, options.retry_attempts
    if len(pauses) >= attempts:
        return pauses[:attempts]
    return pauses + (pauses[-1:] or (0,)) * (attempts - len(pauses))
