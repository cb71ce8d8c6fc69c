"""Questions to documents: in the engine's own world, or in that of the page."""

import re
from typing import Any, Literal

import msgspec

from services.runner.adapters.cdp.bell import Bell
from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.cdp.frames import WORLD, CdpFrame
from services.runner.adapters.faults import DocumentGone, DriverError, DriverFailure
from shared.injected import engine

World = Literal["world", "page_world"]

MOST_DOCUMENTS = 20  # that one question is put to, while a page is replaced again and again
WORLD_SECONDS = 2.0  # a document without scripts of its own may be told of late
INSTALL = f"globalThis.{WORLD} ??= {engine()}; 0"
_ANONYMOUS = re.compile(r"\s*(async\s+)?function\s*\*?\s*\(")
_NO_ENGINE = f"ReferenceError: {WORLD} is not defined"


async def ask(bell: Bell, frame: CdpFrame, question: str, argument: Any) -> Any:
    """What a function of (engine, argument) answers as JSON; the next document is asked where one is replaced."""
    call = {"expression": f"({question})({WORLD}, {literal(argument)})", "awaitPromise": True, "returnByValue": True}
    answer = await _of_document(bell, frame, "world", call)
    if answer.get("exceptionDetails") and complaint(answer).startswith(_NO_ENGINE):
        await _of_document(bell, frame, "world", {"expression": INSTALL})
        answer = await _of_document(bell, frame, "world", call)
    return value_of(answer)


async def handle(bell: Bell, frame: CdpFrame, expression: str) -> str | None:
    """The object id of what an expression gives in the engine's world, if that is an object."""
    answer = await _of_document(bell, frame, "world", {"expression": expression})
    if answer.get("exceptionDetails"):
        raise DriverError(complaint(answer))
    found = answer["result"].get("objectId")
    return found if isinstance(found, str) else None


async def evaluate(bell: Bell, frame: CdpFrame, expression: str) -> Any:
    """What an expression, or a function without arguments, gives in the page's own world."""
    wrapped = f"({expression}\n)" if _ANONYMOUS.match(expression) else expression
    call = {"expression": wrapped, "awaitPromise": True, "userGesture": True}
    answer = await _of_document(bell, frame, "page_world", call)
    found = answer["result"]
    if answer.get("exceptionDetails") or "objectId" not in found:
        return value_of(answer)
    of = {"objectId": found["objectId"], "awaitPromise": True, "returnByValue": True, "userGesture": True}
    body = "function() { return this(); }" if found["type"] == "function" else "function() { return this; }"
    return value_of(await frame.channel.send("Runtime.callFunctionOn", {**of, "functionDeclaration": body}))


async def _of_document(bell: Bell, frame: CdpFrame, which: World, call: JSON) -> JSON:
    gone: DriverFailure | None = None
    for _ in range(MOST_DOCUMENTS):
        context = await _context(bell, frame, which)
        try:
            return await frame.channel.send("Runtime.evaluate", {**call, "uniqueContextId": context})
        except DocumentGone as error:
            gone = error
        # What comes next is told by events, most likely already on their way.
        await bell.until(lambda before=context: frame.detached or getattr(frame, which) != before, 1.0)  # type: ignore[misc]
    raise gone or DocumentGone("the page is replaced again and again")


async def _context(bell: Bell, frame: CdpFrame, which: World) -> str:
    def known() -> bool:
        return frame.detached or frame.channel.closed or getattr(frame, which) is not None

    if not known() and not await bell.until(known, WORLD_SECONDS):
        await frame.channel.send("Page.createIsolatedWorld", {"frameId": frame.identity, "worldName": WORLD})
        await bell.until(known, WORLD_SECONDS)
    context = getattr(frame, which)
    if frame.detached or not isinstance(context, str):
        raise DocumentGone("the frame is gone" if frame.detached else "the frame shows no document")
    return context


def literal(argument: Any) -> str:
    """A JSON value as JavaScript."""
    try:
        text = msgspec.json.encode(argument).decode()
    except UnicodeEncodeError:
        raise DriverError("a text holds half a character, which no browser takes") from None
    if "__proto__" in text:  # in an object literal that would set the prototype
        return f"JSON.parse({msgspec.json.encode(text).decode()})"
    return text


def value_of(answer: JSON) -> Any:
    """The JSON value of an answer. Raises `DriverError` when the question failed in the page."""
    if answer.get("exceptionDetails"):
        raise DriverError(complaint(answer))
    return answer["result"].get("value")


def complaint(answer: JSON) -> str:
    """The first line of an error in the page."""
    details = answer["exceptionDetails"]
    thrown = details.get("exception") or {}
    said = thrown.get("description") or thrown.get("value") or details.get("text") or "it failed"
    return (str(said).strip().splitlines() or ["it failed"])[0][:300]
