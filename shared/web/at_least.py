"""Read your own writes: every reading route takes `at_least`, a position that a write answered with."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query

from shared.core.errors import Unavailable
from shared.projections import Projection, wait_until
from shared.web.callers import CallerOf

if TYPE_CHECKING:
    from shared.runtime import Resources

WAIT_SECONDS = 5.0
LOOK_AGAIN = 0.05

AtLeast = Annotated[int | None, Query(ge=0, description="wait until this position of the log is visible")]


def at_least(resources: "Resources", projection: Projection) -> Any:
    """The dependency of a route that reads this projection's tables; 503 with `Retry-After` after five seconds.

    The position is one of the projection's source: of the events' log, or of the lines' log.
    """

    async def wait(_: CallerOf, at_least: AtLeast = None) -> None:
        if at_least:
            await wait_until_visible(resources, projection, at_least)

    return Depends(wait)


async def wait_until_visible(
    resources: "Resources", projection: Projection, position: int, timeout: float = WAIT_SECONDS
) -> None:
    """Wait until a projection has seen everything up to a position that it reads. Raises `Unavailable`."""
    source = resources.lines if projection.source == "lines" else resources.log
    try:
        async with asyncio.timeout(timeout):
            while await source.last_position() < position:
                await asyncio.sleep(LOOK_AGAIN)
            # A checkpoint moves with what the projection reads: there may be nothing between there and the position.
            newest = await source.last_position(projection.subjects)
            await wait_until(resources.database, projection.name, min(position, newest), timeout)
    except TimeoutError:
        raise Unavailable(f"the log has not yet reached position {position}; ask again in a moment") from None
