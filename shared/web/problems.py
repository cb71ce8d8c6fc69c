"""Errors over HTTP as RFC 9457 problems: the one place where an error becomes a status."""

from http import HTTPStatus

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from shared.core.errors import (
    Conflict,
    Fault,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    RetoldError,
    TooLarge,
    Unavailable,
)
from shared.core.time_and_ids import new_id

STATUS_OF: tuple[tuple[type[RetoldError], HTTPStatus], ...] = (
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotAllowed, HTTPStatus.UNAUTHORIZED),
    (Refused, HTTPStatus.CONFLICT),
    (Conflict, HTTPStatus.CONFLICT),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)

log = structlog.get_logger()


def problem(status: HTTPStatus, kind: str, detail: str, faults: tuple[Fault, ...] = ()) -> JSONResponse:
    """A problem document; `trace_id` is what a person quotes and the logs hold."""
    headers = {"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    body = {
        "type": f"urn:retold:problem:{kind}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "trace_id": str(new_id()),
    }
    if faults:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install_problems(app: FastAPI) -> None:
    """Every error of `app` leaves as a problem; no traceback reaches a caller."""

    async def of_ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, RetoldError)
        status = next((status for kind, status in STATUS_OF if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
        return problem(status, _slug(error), error.detail, error.faults)

    async def of_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = tuple(
            Fault("/" + "/".join(str(part) for part in each["loc"]), str(each["msg"])) for each in error.errors()
        )
        detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, faults)

    async def of_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(HTTPStatus(error.status_code), "http", str(error.detail))

    async def of_data(_: Request, __: Exception) -> Response:
        # A number out of range, or a NUL character: no row can match it, and none can hold it.
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", "a value is outside what can be stored")

    async def of_anything(request: Request, error: Exception) -> Response:
        answer = problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong on our side; the trace id finds it in the logs",
        )
        log.error("unexpected error", path=request.url.path, exc_info=error, problem=bytes(answer.body).decode())
        return answer

    app.add_exception_handler(RetoldError, of_ours)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(asyncpg.DataError, of_data)
    app.add_exception_handler(Exception, of_anything)


def _slug(error: RetoldError) -> str:
    name = type(error).__name__
    return "".join(f"-{char.lower()}" if char.isupper() and i else char.lower() for i, char in enumerate(name))
