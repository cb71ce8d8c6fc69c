"""Speaks HTTP to the services: problems become our errors, live streams resume where they broke off."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from shared.core.errors import (
    Fault,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    RetoldError,
    TooLarge,
    Unavailable,
)

RECONNECT_SECONDS = 60.0
SILENCE_SECONDS = 35.0  # the services send a heartbeat every 10 s
ERROR_OF: dict[int, type[RetoldError]] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidInput,
    HTTPStatus.BAD_REQUEST: InvalidInput,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.UNAUTHORIZED: NotAllowed,
    HTTPStatus.CONFLICT: Refused,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
    HTTPStatus.BAD_GATEWAY: Unavailable,
    HTTPStatus.GATEWAY_TIMEOUT: Unavailable,
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Client:
    """An async context manager; its methods raise `RetoldError`s, `Unavailable` when nothing answers."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput(f"{url!r} is no address; it should look like http://127.0.0.1:8080")
        self._url = url.rstrip("/")
        self._http = httpx2.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx2.Timeout(60.0, connect=5.0),
            trust_env=parts.hostname not in LOOPBACK,  # a proxy cannot reach this machine's own loopback
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path; query parameters that are `None` are left out."""
        return (await self._send("GET", path, params=_given(query))).json()

    async def pages(self, path: str, limit: int, **query: Any) -> list[Any]:
        """Up to `limit` entries of a list, however many pages they take."""
        found: list[Any] = []
        query["limit"] = min(limit, 500)
        following: str | None = str(httpx2.URL(path, params=_given(query)))
        while following and len(found) < limit:
            response = await self._send("GET", following)
            found += response.json()
            following = _path_of(response.links.get("next", {}).get("url"))
        return found[:limit]

    async def post(self, path: str, **body: Any) -> Any:
        """The answer to a POST; `body`: what httpx2 takes as `json`, `content`, `files`, `data` and `params`."""
        if "params" in body:
            body["params"] = _given(body["params"])
        return (await self._send("POST", path, **body)).json()

    async def patch(self, path: str, **body: Any) -> Any:
        """The answer to a PATCH; `body` as for `post`."""
        return (await self._send("PATCH", path, **body)).json()

    async def delete(self, path: str) -> Any:
        """The answer to a DELETE."""
        return (await self._send("DELETE", path)).json()

    async def stream(self, path: str) -> AsyncIterator[httpx2.ServerSentEvent]:
        """Events as they come, without end: a broken connection is resumed behind the last event.

        Raises `Unavailable` when it could not be resumed for a minute.
        """
        last_id, answered, pause = "", time.monotonic(), 0.2
        while True:
            try:
                async with self._http.stream(
                    "GET",
                    path,
                    headers={"Last-Event-ID": last_id} if last_id else {},
                    timeout=httpx2.Timeout(SILENCE_SECONDS, connect=5.0),
                ) as response:
                    if response.is_error:
                        await response.aread()
                        raise self._error(response)
                    async for event in httpx2.EventSource(response):
                        last_id, answered, pause = event.id or last_id, time.monotonic(), 0.2
                        yield event
            except (httpx2.TransportError, Unavailable) as failure:
                if time.monotonic() - answered > RECONNECT_SECONDS:
                    raise self._silence(failure) from failure
                if not last_id and isinstance(failure, httpx2.ConnectError):
                    raise self._silence(failure) from failure
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def pieces(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file, as they come."""
        try:
            async with self._http.stream("GET", path) as response:
                if response.is_error:
                    await response.aread()
                    raise self._error(response)
                async for piece in response.aiter_bytes():
                    yield piece
        except httpx2.TransportError as failure:
            raise self._silence(failure) from failure

    async def _send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            response = await self._http.request(method, path, **request)
        except httpx2.TransportError as failure:
            raise self._silence(failure) from failure
        if response.is_error:
            raise self._error(response)
        return response

    def _error(self, response: httpx2.Response) -> RetoldError:
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            return NotAllowed(f"{self._url} does not know this token; put the right one into RETOLD_TOKEN")
        return error_of(response)

    def _silence(self, failure: Exception) -> Unavailable:
        if isinstance(failure, Unavailable):
            return failure
        if isinstance(failure, httpx2.ConnectError):
            return Unavailable(f"nothing answers at {self._url}; start it with: retold up")
        return Unavailable(f"{self._url} did not answer in time ({type(failure).__name__})")


def error_of(response: httpx2.Response) -> RetoldError:
    """The error that a problem document tells of."""
    try:
        problem = response.json()
        detail = str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        problem, detail = {}, f"{response.url} answered {response.status_code} {response.reason_phrase}"
    kind = ERROR_OF.get(response.status_code, RetoldError)
    if kind is RetoldError and problem.get("trace_id"):
        detail = f"{detail} (trace id {problem['trace_id']})"
    faults = [
        Fault(str(each.get("pointer", "")), str(each.get("detail", "")))
        for each in problem.get("errors", ())
        if isinstance(each, dict)
    ]
    return kind(detail, faults)


def _given(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _path_of(url: str | None) -> str | None:
    """Only path and query of a link: the token goes nowhere but to the address that it is for."""
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def event_fields(event: httpx2.ServerSentEvent) -> dict[str, Any]:
    """The JSON object that a live event carries."""
    fields = json.loads(event.data)
    return fields if isinstance(fields, dict) else {"value": fields}
