"""A server that speaks the Messages API and says what a test wants it to: right answers, refusals, garbage, silence."""

import base64
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

KEY = "test-key-of-nobody"
LONGEST_DELAY = 30.0


@dataclass(frozen=True)
class Said:
    """One answer. `cut`: only half of the body is sent; `reset`: the connection is reset instead. `delay` in s."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    reset: bool = False


def message(*content: Mapping[str, Any], stop_reason: str = "tool_use", tokens: tuple[int, int] = (3000, 120)) -> Said:
    """A whole message of the model."""
    return Said(
        {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5-5",
            "content": list(content),
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": {"input_tokens": tokens[0], "output_tokens": tokens[1]},
        }
    )


def call(tool: str = "choose_element", **given: Any) -> dict[str, Any]:
    """A call of a tool."""
    return {"type": "tool_use", "id": "toolu_01", "name": tool, "input": given}


def chooses(mark: Any, confidence: Any = 93, reason: Any = "it does the same") -> Said:
    """The answer that the tool's schema asks for, thought over before."""
    thought = {"type": "thinking", "thinking": "", "signature": "c2lnbmVk"}
    return message(thought, call(choice=mark, confidence=confidence, reason=reason))


def busy(status: int = 529, retry_after: str | None = None) -> Said:
    """Too many requests (429), or overloaded (529)."""
    kind = "rate_limit_error" if status == 429 else "overloaded_error"
    error = {"type": "error", "error": {"type": kind, "message": "Overloaded"}}
    return Said(error, status, {"retry-after": retry_after} if retry_after else {})


NO_CHOICE = chooses(None, 20, "none of them is it")
REFUSES = message({"type": "text", "text": "I can't help with that."}, stop_reason="refusal", tokens=(3000, 9))
ONLY_TEXT = message({"type": "text", "text": "I would choose 2."}, stop_reason="end_turn")
WRONG_TOOL = message(call("delete_everything", choice=1, confidence=99, reason="because"))
CUT_OFF = message({"type": "text", "text": "Let me"}, stop_reason="max_tokens", tokens=(3000, 4096))
GARBAGE = Said("<html>it works!</html>")
HALF = Said(chooses(2).body, cut=True)
BROKEN = Said({"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}, 500)
RESET = Said(reset=True)
FORCED = "tool_choice forces tool use, which this model does not support"


class Model:
    """A context manager; `url` is what the SDK's `base_url` is to be. Says `script` in order, then `otherwise`.

    `requests` are the bodies that came, `pictures` the pictures in them. What the real service refuses is refused.
    """

    def __init__(self, *script: Said, otherwise: Said = NO_CHOICE) -> None:
        self.script, self.otherwise = list(script), otherwise
        self.requests: list[dict[str, Any]] = []
        self.pictures: list[bytes] = []
        self.judge: Callable[[dict[str, Any]], Said] | None = None
        self.underway = self.most_underway = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"model": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def settings(self, **more: Any) -> dict[str, Any]:
        """A healer's settings with which it asks this model."""
        return {"anthropic_api_key": KEY, "anthropic_base_url": self.url, **more}

    def text_of(self, number: int = -1) -> str:
        """All words of a request, as the model reads them."""
        request = self.requests[number]
        return str(request["system"]) + "".join(
            str(block.get("text", "")) for block in request["messages"][0]["content"]
        )

    def answer_to(self, request: dict[str, Any]) -> Said:
        """What is said to a request."""
        with self._lock:
            self.requests.append(request)
            for block in request["messages"][0]["content"]:
                if block["type"] == "image":
                    self.pictures.append(base64.b64decode(block["source"]["data"], validate=True))
            if request.get("tool_choice", {}).get("type") in ("tool", "any"):
                return _wrong(FORCED)
            if self.judge is not None:
                return self.judge(request)
            return self.script.pop(0) if self.script else self.otherwise

    def enter(self, step: int) -> None:
        """A request begins (1) or ends (-1)."""
        with self._lock:
            self.underway += step
            self.most_underway = max(self.most_underway, self.underway)


def _wrong(why: str, status: int = 400) -> Said:
    return Said({"type": "error", "error": {"type": "invalid_request_error", "message": why}}, status)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Model

    def do_POST(self) -> None:
        self.model.enter(1)
        try:
            self._say(self._said())
        finally:
            self.model.enter(-1)

    def _said(self) -> Said:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != "/v1/messages":
            return _wrong("no such place", 404)
        if KEY not in (self.headers.get("x-api-key"), self.headers.get("Authorization", "").removeprefix("Bearer ")):
            return Said({"type": "error", "error": {"type": "authentication_error", "message": "invalid API key"}}, 401)
        if not self.headers.get("anthropic-version"):
            return _wrong("anthropic-version: header is required")
        request = json.loads(body)
        missing = [name for name in ("model", "max_tokens", "messages") if name not in request]
        return _wrong(f"{missing[0]}: Field required") if missing else self.model.answer_to(request)

    def _say(self, said: Said) -> None:
        time.sleep(min(said.delay, LONGEST_DELAY))
        if said.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        is_text = isinstance(said.body, str)
        body = said.body.encode() if is_text else json.dumps(said.body).encode()
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if is_text else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if said.cut else body)
        self.close_connection = said.cut

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server names it
        """Keeps silent."""
