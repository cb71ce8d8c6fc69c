"""The conversation with a browser: commands and their answers, and events; one channel for each page, frame, worker."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from services.runner.adapters.cdp.transports import Transport
from services.runner.adapters.faults import DocumentGone, DriverError, DriverFailure, TargetGone

JSON = dict[str, Any]
Handler = Callable[[JSON], None]

_DOCUMENT_GONE = (
    "cannot find context",
    "uniquecontextid not found",
    "execution context was destroyed",
    "inspected target navigated",
    "cannot find default execution context",
    "could not find object with given id",
    "could not find node with given id",
    "no node with given id",
    "node is detached",
    "frame with the given id",
    "no frame with given id",
    "frame was detached",
    "promise was collected",
)
_TARGET_GONE = ("session with given id", "target closed", "target crashed", "no target with given id")
BETWEEN_DOCUMENTS = "not attached to an active page"
BETWEEN_TRIES, BETWEEN_SECONDS = 50, 0.02
LOST = "the browser is gone"

log = structlog.get_logger()


class BetweenDocuments(DocumentGone):
    """One document was just being replaced by the next: the command was not carried out, and can be sent again."""


class _Refusal(msgspec.Struct):
    message: str = ""


class _Message(msgspec.Struct):
    """Events are decoded only where somebody listens: most of what a page tells is of no use to anybody."""

    id: int = 0
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"{}")
    error: _Refusal | None = None
    sessionId: str = ""  # noqa: N815 - the protocol's word


class Connection:
    """Sends commands to a browser and hands out its answers and events, in their order.

    When the browser goes, every command that waits for an answer fails with `TargetGone` at once.
    """

    def __init__(self) -> None:
        self.lost = False
        self.browser = Channel(self, "")
        self._transport: Transport | None = None
        self._channels = {"": self.browser}
        self._waiting: dict[int, tuple[Channel, asyncio.Future[JSON]]] = {}
        self._last = 0
        self._decoder = msgspec.json.Decoder(_Message)
        self._encoder = msgspec.json.Encoder()

    def over(self, transport: Transport) -> None:
        """Uses a transport."""
        self._transport = transport

    def channel(self, session: str) -> "Channel":
        """The channel of a session that the browser has announced."""
        known = self._channels.get(session)
        if known is None:
            known = self._channels[session] = Channel(self, session)
        return known

    def write(self, channel: "Channel", method: str, params: JSON | None) -> int:
        """Sends a command; gives its number."""
        if self.lost or self._transport is None:
            raise TargetGone(LOST)
        self._last += 1
        command: JSON = {"id": self._last, "method": method, "params": params or {}}
        if channel.session:
            command["sessionId"] = channel.session
        try:
            message = self._encoder.encode(command)
        except UnicodeEncodeError:  # half a character: no JSON can hold it
            raise DriverError("a text holds half a character, which no browser takes") from None
        self._transport.write(message)
        return self._last

    def expect(self, number: int, channel: "Channel") -> "asyncio.Future[JSON]":
        """The answer to a command, once it comes."""
        answer: asyncio.Future[JSON] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (channel, answer)
        return answer

    def received(self, raw: bytes) -> None:
        """A message of the browser. What a handler of an event raises is logged: the next message is another's."""
        try:
            message = self._decoder.decode(raw)
        except msgspec.DecodeError:
            message = self._decoder.decode(msgspec.json.encode(_whole(json.loads(raw))))
        if message.id:
            self._answered(message)
            return
        channel = self._channels.get(message.sessionId)
        handlers = channel.handlers.get(message.method) if channel else None
        if handlers:
            params = msgspec.json.decode(message.params)
            for handler in tuple(handlers):
                try:
                    handler(params)
                except DriverFailure:
                    continue  # it was about something that has gone meanwhile
                except Exception:
                    log.exception("an event of the browser could not be used", event_name=message.method)

    def _answered(self, message: _Message) -> None:
        _, answer = self._waiting.pop(message.id, (None, None))
        if answer is None or answer.done():
            return
        if message.error is None:
            answer.set_result(msgspec.json.decode(message.result))
        else:
            answer.set_exception(refusal(message.error.message))

    def forget(self, session: str, failure: DriverFailure | None = None) -> None:
        """A session has ended: what waits in it waits in vain."""
        channel = self._channels.pop(session, None)
        if channel is not None:
            channel.closed = True
            self.fail(channel, failure or TargetGone("the page is gone"))

    def fail(self, channel: "Channel | None", failure: DriverFailure) -> None:
        """Fails what waits for an answer in a channel, or in all."""
        for number, (waiting, answer) in list(self._waiting.items()):
            if channel is None or waiting is channel:
                del self._waiting[number]
                if not answer.done():
                    answer.set_exception(failure)
                    answer.exception()  # whoever has given up on it must not be told that nobody looked

    def on_lost(self) -> None:
        """The browser has ended, or cannot be heard any more."""
        self.lost = True
        for channel in self._channels.values():
            channel.closed = True
        self.fail(None, TargetGone(LOST))
        for handler in tuple(self.browser.handlers.get("lost", ())):
            handler({})

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()


class Channel:
    """Where commands go to and events come from: the browser itself (session ""), a page, a frame, a worker."""

    def __init__(self, connection: Connection, session: str) -> None:
        self.connection = connection
        self.session = session
        self.closed = False
        self.handlers: dict[str, list[Handler]] = {}

    def on(self, method: str, handler: Handler) -> None:
        """Calls the handler with the parameters of every such event."""
        self.handlers.setdefault(method, []).append(handler)

    async def send(self, method: str, params: JSON | None = None) -> JSON:
        """Carries out a command; gives its result. Raises `DriverFailure`."""
        for _ in range(BETWEEN_TRIES):
            try:
                return await self.start(method, params)
            except BetweenDocuments:
                await asyncio.sleep(BETWEEN_SECONDS)
        return await self.start(method, params)

    def start(self, method: str, params: JSON | None = None) -> "asyncio.Future[JSON]":
        """Sends a command at once; its answer can be awaited later, or not at all."""
        if self.closed:
            raise TargetGone("the page is gone")
        return self.connection.expect(self.connection.write(self, method, params), self)

    def post(self, method: str, params: JSON | None = None) -> None:
        """Sends a command whose answer nobody needs; one that cannot be sent any more is dropped."""
        if not self.closed and not self.connection.lost:
            self.connection.write(self, method, params)


def refusal(message: str) -> DriverFailure:
    """The error that the browser's own words come to."""
    line = (message.splitlines() or ["no reason given"])[0][:300]
    folded = line.casefold()
    if BETWEEN_DOCUMENTS in folded:
        return BetweenDocuments(line)
    if any(words in folded for words in _DOCUMENT_GONE):
        return DocumentGone(line)
    if any(words in folded for words in _TARGET_GONE):
        return TargetGone(line)
    return DriverError(line)


def _whole(value: Any) -> Any:
    """JavaScript's strings may hold halves of characters, ours may not: they become replacement characters."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list) else value
