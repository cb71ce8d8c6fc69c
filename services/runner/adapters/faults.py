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
    "value_not_taken",
    "page_crashed",
    "browser_crashed",
    "browser_hung",
    "invalid_step",
    "assertion_failed",
    "script_error",
]

# What Playwright says when a document went away under a question: asking the next document is right.
_DOCUMENT_GONE = (
    "execution context was destroyed",
    "cannot find context",
    "jshandles can be evaluated only in the context",
    "frame was detached",
    "frame got detached",
    "element is not attached",
    "not attached to the dom",
    "node is detached",
    "because of a navigation",
)
_BROWSER_GONE = ("browser has been closed", "target page, context or browser", "connection closed", "browser closed")


class StepFailed(Exception):
    """The step cannot be done. `transient`: the page was changing, another try may do it if nothing was done yet."""

    def __init__(self, error_type: ErrorType, detail: str, *, transient: bool = False) -> None:
        super().__init__(detail)
        self.error_type: ErrorType = error_type
        self.detail = detail
        self.transient = transient


def document_gone(error: Exception) -> bool:
    """Whether Playwright failed only because the page moved on."""
    return any(words in str(error).casefold() for words in _DOCUMENT_GONE)


def browser_gone(error: Exception) -> bool:
    """Whether Playwright failed because its browser or page is no more."""
    return any(words in str(error).casefold() for words in _BROWSER_GONE)


def first_line(error: Exception) -> str:
    """What Playwright complains of, without its call log (which repeats typed values)."""
    lines = str(error).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    return line.split(": ", 1)[1] if line.startswith(("Page.", "Frame.", "ElementHandle.", "JSHandle.")) else line


def place(url: str) -> str:
    """Origin and path of an address: its query may hold what was typed."""
    parts = urlsplit(url)
    return (
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else url.split("?")[0][:200]
    )


def step_name(step: Step) -> str:
    """How messages name a step."""
    return f'Step {step.step_number} "{step.label[:80]}"' if step.label else f"Step {step.step_number}"
