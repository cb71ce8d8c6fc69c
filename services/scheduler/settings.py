"""Environment variables of the scheduler."""

from typing import Annotated

from pydantic import Field

from shared.ops.settings import Settings


class SchedulerSettings(Settings):
    """`RETOLD_ROWS_IN_FLIGHT`: at most this many rows are handed out at once, over all jobs."""

    rows_in_flight: Annotated[
        int | None, Field(ge=1, le=10_000, description="when absent, half as many again as the runners have slots")
    ] = None
