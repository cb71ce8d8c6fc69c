"""Why a step failed, in words for people."""

from typing import Literal
from urllib.parse import urlsplit

from shared.contracts.recording import Step

ErrorType = Literal[
    "not_found",
    "ambiguous",
    "not_visible",
    "disabled",
    "covered",
    "timeout",
    "navigation_failed",
    "http_error",
    "url_denied",
    "setup_failed",
    "value_not_taken",
    "page_crashed",
    "browser_crashed",
    "browser_hung",
    "invalid_step",
    "assertion_failed",
    "script_error",
    "heal_rejected",
    "heal_without_effect",
]


class StepFailed(Exception):
    """The step cannot be done. `transient`: the page was changing, another try may do it if nothing was done yet."""

    def __init__(self, error_type: ErrorType, detail: str, *, transient: bool = False) -> None:
        super().__init__(detail)
        self.error_type: ErrorType = error_type
        self.detail = detail
        self.transient = transient


class DriverFailure(Exception):
    """The browser refused or broke off; the base of what drivers raise beside `StepFailed`."""


class DriverError(DriverFailure):
    """The browser refused, in its own words (one line, without anything that was typed)."""


class DocumentGone(DriverFailure):
    """The document was replaced, or its frame removed, under a question or an action."""


class TargetGone(DriverFailure):
    """The page or the whole browser is no more."""


def place(url: str) -> str:
    """Origin and path of an address: its query may hold what was typed."""
    parts = urlsplit(url)
    return (
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else url.split("?")[0][:200]
    )


def step_name(step: Step) -> str:
    """How messages name a step."""
    return f'Step {step.step_number} "{step.label[:80]}"' if step.label else f"Step {step.step_number}"
