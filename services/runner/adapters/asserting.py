"""Assertions, values taken from pages, and waits for texts and addresses: tried until they hold or the wait is over."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.runner.adapters.faults import DocumentGone, StepFailed, place
from services.runner.adapters.filling import NO, YES
from services.runner.adapters.reading import OPERATORS, Reader, Wanted, holds, matched, tidy

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

LOOK_AGAIN_SECONDS = 0.05
SO_OR_NOT = frozenset({"present", "visible", "checked", "enabled", "editable"})
NAME = re.compile(r"[^\W\d][\w.-]{0,63}")
MISSING = frozenset({"not_found", "not_visible", "ambiguous", "disabled", "covered"})
LONGEST_TOLD = 200  # characters of a page's text in a message


async def check(doing: "Performance") -> None:
    """Asserts what the step says; a soft one only tells what does not hold."""
    try:
        await _check(doing)
    except StepFailed as failure:
        if failure.error_type != "assertion_failed" or doing.step.metadata.get("soft") is not True:
            raise
        doing.warning = f"Not as expected: {failure.detail}."


async def _check(doing: "Performance") -> None:
    given = doing.step.metadata.get("assertion")
    wanted = Wanted.of(given)
    operator = (given.get("operator") if isinstance(given, dict) else None) or "equals"
    if operator not in OPERATORS:
        raise StepFailed("invalid_step", f"{str(operator)[:40]!r} compares nothing; use {', '.join(OPERATORS)}")
    expected = _expected(doing, wanted.what)
    reader = Reader(doing, wanted, await _where(doing))
    seen: list[str] = []

    async def is_so(seconds: float) -> bool:
        now = await reader.read(seconds)
        seen[:] = now
        return await holds(reader.where, operator, now, expected)

    if not await _tried(doing, is_so):
        was = f'"{tidy(seen[0])[:LONGEST_TOLD]}"' if seen else "not there"
        how = operator.replace("_", " ")
        raise StepFailed("assertion_failed", f'{wanted.what} is {was}; expected: {how} "{expected[:LONGEST_TOLD]}"')


def _expected(doing: "Performance", what: str) -> str:
    given = doing.value if doing.value is not None else doing.step.value
    if what not in SO_OR_NOT:
        if given is None:
            raise StepFailed("invalid_step", "the step does not say what is expected (its value)")
        return given
    word = (given or "true").strip().casefold()
    if word not in YES | NO:
        raise StepFailed("invalid_step", f"{word[:40]!r} says neither yes nor no; use true or false")
    return str(word in YES).lower()


async def extract(doing: "Performance") -> None:
    """Takes a value from the page, for later steps and for the row's result."""
    given = doing.step.metadata.get("extract")
    wanted, name = Wanted.of(given), name_of(given)
    pattern = given.get("pattern") if isinstance(given, dict) else None
    reader = Reader(doing, wanted, await _where(doing))
    taken: list[str] = []

    async def is_there(seconds: float) -> bool:
        text = next(iter(await reader.read(seconds)), "")
        found = await matched(reader.where, pattern, text) if pattern else text
        taken[:] = [] if found is None else [found]
        return bool(found)

    if not await _tried(doing, is_there) and not taken:
        detail = f"nothing in its {wanted.what} fits {str(pattern)[:80]!r}" if pattern else "there is nothing to take"
        raise StepFailed("assertion_failed", detail)
    if not taken[0]:
        doing.warning = f"What was taken as {name!r} is empty."
    doing.extract(name, doing.session.scrub(taken[0] if wanted.what == "value" else taken[0].strip()))


def name_of(given: Any) -> str:
    """By what a value that is taken is called. Raises `StepFailed`."""
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        detail = "the step does not say how the value is called (metadata.extract.name: letters, digits, . _ -)"
        raise StepFailed("invalid_step", detail)
    return name


async def wait_for_text(doing: "Performance") -> None:
    """Waits until the element, or the whole page, shows a text."""
    text = doing.value if doing.value is not None else doing.step.value
    if not text:
        raise StepFailed("invalid_step", "the step does not say which text (its value)")
    reader = Reader(doing, Wanted("text"), await _where(doing))

    async def is_there(seconds: float) -> bool:
        return await holds(reader.where, "contains", await reader.read(seconds), text)

    if not await _tried(doing, is_there):
        raise StepFailed("assertion_failed", f'"{text[:LONGEST_TOLD]}" did not appear')


async def wait_for_url(doing: "Performance") -> None:
    """Waits until the page's address is as the pattern says."""
    pattern = doing.step.metadata.get("pattern") or doing.value or doing.step.value
    if not isinstance(pattern, str) or not pattern:
        raise StepFailed("invalid_step", "the step does not say which address (metadata.pattern)")
    tab, frame = await _where(doing)
    regular = regular_expression(pattern)

    async def is_there(_: float) -> bool:
        parts = urlsplit(tab.url)
        local = parts.path + (f"?{parts.query}" if parts.query else "")
        return await matched((tab, frame), regular, local if pattern.startswith("/") else tab.url) is not None

    if not await _tried(doing, is_there):
        raise StepFailed("assertion_failed", f"the address is {place(tab.url)}, and not {pattern[:LONGEST_TOLD]}")


def regular_expression(pattern: str) -> str:
    """A pattern of an address as JavaScript reads it: `**` is anything, `*` anything but `/`, all else itself."""
    parts = re.split(r"(\*+)", pattern)
    spelled = [("[^/]*" if part == "*" else ".*") if part.startswith("*") else _literally(part) for part in parts]
    return f"^{''.join(spelled)}$"


def _literally(text: str) -> str:
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)


async def _where(doing: "Performance") -> Any:
    return await doing.session.page_for(doing.step, doing.options.wait_timeout)


async def _tried(doing: "Performance", holds_now: Callable[[float], Awaitable[bool]]) -> bool:
    """Whether it became so within the wait; asked again where the page is replaced, or its element not there yet."""
    own = doing.step.metadata.get("timeout")
    patient = round(own) if isinstance(own, int | float) and not isinstance(own, bool) else doing.options.wait_timeout
    deadline = time.monotonic() + min(patient, doing.options.step_timeout) / 1000
    while True:
        left = deadline - time.monotonic()
        try:
            if await holds_now(max(0.0, left)):
                return True
        except DocumentGone:
            if left <= 0:
                raise
        except StepFailed as failure:
            if failure.error_type not in MISSING:
                raise
            if left <= 0:
                raise StepFailed("assertion_failed", failure.detail) from failure
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
