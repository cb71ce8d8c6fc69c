"""What a worker knows of the model that may be asked about elements."""

import time
from uuid import UUID

from shared.bus.model_switch import ModelSwitch, Switch
from shared.contracts.scheduler import JobOptions
from shared.core.errors import Unavailable

LOOK_SECONDS = 10.0  # what a healer says about its model is looked at this often
JOBS_KEPT = 1000


class ModelAtHand:
    """What a worker knows of the model: whether it is asked at all, and the jobs whose budget is spent."""

    def __init__(self, switch: ModelSwitch) -> None:
        self._switch = switch
        self._seen = Switch("", "", "not known yet")
        self._seen_at = float("-inf")
        self._spent: dict[UUID, str] = {}

    async def why_not(self, job_id: UUID, options: JobOptions) -> str | None:
        """Why asking is not worth its while, in words that say what to do; none where it is."""
        if 0 in (options.model_calls, options.model_tokens, options.model_budget_usd):
            return "the job's options do not allow it (model_calls, model_tokens, model_budget_usd)"
        if job_id in self._spent:
            return self._spent[job_id]
        if time.monotonic() - self._seen_at > LOOK_SECONDS:
            try:
                self._seen = await self._switch.read()
            except Unavailable as silence:
                return silence.detail
            self._seen_at = time.monotonic()
        return self._seen.why_not

    def note_spent(self, job_id: UUID, reason: str) -> None:
        """A job may ask no more."""
        self._spent[job_id] = reason
        while len(self._spent) > JOBS_KEPT:
            self._spent.pop(next(iter(self._spent)))
