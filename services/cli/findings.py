"""What a check of a service finds, and how a failing check becomes a finding."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from shared.core.errors import RetoldError, Unavailable

if TYPE_CHECKING:
    from shared.ops.settings import Settings
    from shared.runtime import Blueprint

# `untold`: whoever knows does not tell us.
State = Literal["ok", "wrong", "unreachable", "untold"]
CHECK_SECONDS = 45.0


@dataclass(frozen=True)
class Finding:
    """What one check found; `detail` says what to do when it is not ok."""

    service: str
    what: str
    state: State
    detail: str = ""


Check = Callable[["Blueprint", "Settings"], Coroutine[Any, Any, list[Finding]]]


async def examined(service: str, about: str, examination: Coroutine[Any, Any, list[Finding]]) -> list[Finding]:
    """What a check finds; its failure is a finding too."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await examination
    except (Unavailable, OSError) as failure:  # the second holds TimeoutError
        return [Finding(service, about, "unreachable", str(failure) or f"no answer within {CHECK_SECONDS:.0f} s")]
    except RetoldError as error:
        return [Finding(service, about, "wrong", error.detail)]
