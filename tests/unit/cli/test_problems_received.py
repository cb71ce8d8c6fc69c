"""Problem documents become the errors that they were on the other side."""

from http import HTTPStatus

import httpx2
import pytest

from services.cli.client import error_of
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
from shared.web.problems import STATUS_OF, problem


def answered(content: bytes, status: int) -> httpx2.Response:
    request = httpx2.Request("GET", "http://127.0.0.1:1/x")
    return httpx2.Response(status, content=content, request=request)


@pytest.mark.parametrize("kind", [TooLarge, InvalidInput, NotFound, NotAllowed, Refused, Unavailable])
def test_an_error_survives_the_way_over_http(kind: type[RetoldError]) -> None:
    status = dict(STATUS_OF)[kind]
    sent = problem(status, "x", "a sentence", (Fault("/a/0", "no"),))
    received = error_of(answered(bytes(sent.body), sent.status_code))
    assert type(received) is kind
    assert (received.detail, received.faults) == ("a sentence", (Fault("/a/0", "no"),))


def test_an_unexpected_error_names_its_trace() -> None:
    sent = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "something went wrong")
    received = error_of(answered(bytes(sent.body), 500))
    assert type(received) is RetoldError
    assert "trace id" in received.detail


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'"text"', b"{}"])
def test_an_answer_that_is_no_problem_document_is_told_by_its_status(content: bytes) -> None:
    received = error_of(answered(content, 502))
    assert type(received) is Unavailable
    assert "502" in received.detail
