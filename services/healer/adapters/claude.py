"""EDGE: one question to the model, through its own SDK: within a time limit, with few further tries, never raising."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import anthropic
import httpx2

from shared.contracts.vision import ModelOutcome

TRIES = 3
FIRST_PAUSE = 0.5  # seconds, doubled with each try
BUSY = (429, 503, 529)
KEY_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Reply:
    """`body`: the JSON of a message, where one came. Else why not; `free`: it certainly cost nothing."""

    body: str | None
    outcome: ModelOutcome = "error"
    reason: str = ""
    free: bool = False
    key_refused: bool = False
    tries: int = 1


class Claude:
    """An async context manager around the SDK's client. `url` none: where the SDK finds the model by itself."""

    def __init__(self, api_key: str, url: str | None = None) -> None:
        # Tries are counted here: the SDK waits as long as a server asks it to, and we only as long as a row does.
        # No traces of it: they could hold what pages say.
        self._client = anthropic.AsyncAnthropic(api_key=api_key, base_url=url, max_retries=0, open_telemetry=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def ask(self, request: Mapping[str, Any], seconds: float) -> Reply:
        """The reply to a request, within so many seconds over all tries."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        paid = False  # an earlier try may have been answered, and billed, where nobody heard it
        for number in range(1, TRIES + 1):
            reply, wait = await self._try(request, deadline - clock(), number)
            paid = paid or not (reply.free or reply.body)
            pause = max(wait or 0.0, FIRST_PAUSE * 2 ** (number - 1))
            if wait is None or number == TRIES or clock() + pause >= deadline:
                break
            await asyncio.sleep(pause)
        return Reply(reply.body, reply.outcome, reply.reason, reply.free and not paid, reply.key_refused, number)

    async def _try(self, request: Mapping[str, Any], seconds: float, number: int) -> tuple[Reply, float | None]:
        """One request; beside the reply how long to wait before another try, none where it would not help."""
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.messages.with_raw_response.create(**request, timeout=seconds)
            return Reply(response.http_response.text, tries=number), None
        except (TimeoutError, anthropic.APITimeoutError):
            return Reply(None, "timeout", f"the model gave no answer within {seconds:.0f} s"), None
        except anthropic.APIStatusError as error:
            return _refusal(error)
        except anthropic.APIConnectionError as error:
            unsent = isinstance(error.__cause__, httpx2.ConnectError)
            what = "cannot be reached" if unsent else "broke off the connection"
            return Reply(None, "error", f"the model's service {what}", free=unsent), 0.0
        except Exception as error:  # a row is never worth the service
            return Reply(None, "error", f"asking the model failed: {type(error).__name__}"), None


def _refusal(error: anthropic.APIStatusError) -> tuple[Reply, float | None]:
    status, said = error.status_code, (error.api_message or "").strip()[:300]
    if status in BUSY:
        return Reply(None, "overloaded", f"the model is busy (HTTP {status})", free=True), _asked_to_wait(error)
    if status in KEY_REFUSED:
        refused = f"the model's service refuses the API key (HTTP {status}); check ANTHROPIC_API_KEY"
        return Reply(None, "error", refused, free=True, key_refused=True), None
    told = f"the model's service answered HTTP {status}" + (f": {said}" if said else "")
    return Reply(None, "error", told, free=True), 0.0 if status >= 500 else None


def _asked_to_wait(error: anthropic.APIStatusError) -> float:
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "0")))
    except ValueError:  # a date: not worth the row's time to find out how far off
        return 1.0
