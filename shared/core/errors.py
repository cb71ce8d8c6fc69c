"""The few kinds of error, by what happens next. HTTP statuses and outcomes are mapped elsewhere, once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: `pointer` says where (JSON pointer, or `line 3`), `detail` what to do."""

    pointer: str
    detail: str


class RetoldError(Exception):
    """An error that a person reads: one sentence that says what was wrong, where, and what to do."""

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


class InvalidInput(RetoldError):
    """The input is wrong and stays wrong: refuse it (HTTP 422, exit code 2, dead letter)."""


class TooLarge(InvalidInput):
    """The input exceeds a limit that the sentence names (HTTP 413)."""


class NotFound(RetoldError):
    """What was asked for does not exist in this organization (HTTP 404)."""


class NotAllowed(RetoldError):
    """The caller is unknown or may not do this (HTTP 401)."""


class Refused(RetoldError):
    """The state of things does not allow this now (HTTP 409)."""


class Conflict(RetoldError):
    """Another writer was faster: reload, decide again (HTTP 409 once the retries are used up)."""


class Unavailable(RetoldError):
    """Something we depend on does not answer: try again later (HTTP 503, exit code 4, retry)."""
