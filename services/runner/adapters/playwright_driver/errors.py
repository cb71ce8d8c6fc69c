"""What Playwright complains of, in the words of the port."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.faults import DocumentGone, DriverError, DriverFailure, TargetGone

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
    "no such frame",
    "browsing context",
)
_TARGET_GONE = ("browser has been closed", "target page, context or browser", "connection closed", "browser closed")
_PREFIXES = ("Page.", "Frame.", "ElementHandle.", "JSHandle.", "Mouse.", "Keyboard.", "BrowserContext.")


def in_our_words(error: PlaywrightError) -> DriverFailure:
    """The failure that a Playwright error stands for."""
    said = str(error).casefold()
    if any(words in said for words in _TARGET_GONE):
        return TargetGone(first_line(error))
    if any(words in said for words in _DOCUMENT_GONE):
        return DocumentGone(first_line(error))
    return DriverError(first_line(error))


@contextmanager
def translated() -> Iterator[None]:
    """Playwright's errors within come out as the port's."""
    try:
        yield
    except PlaywrightError as error:
        raise in_our_words(error) from error


def first_line(error: Exception) -> str:
    """What Playwright complains of, without its call log (which repeats typed values)."""
    lines = str(error).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    return line.split(": ", 1)[1] if line.startswith(_PREFIXES) and ": " in line else line


def network_word(error: Exception) -> str:
    """The browser's own word for what failed in the network, else the first line."""
    words = [word for word in first_line(error).split() if word.startswith(("net::", "NS_ERROR", "NS_BINDING"))]
    return words[0] if words else first_line(error)[:80]
