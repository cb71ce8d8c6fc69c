"""The pages that every contestant works on, as a process of its own; it remembers every request that sent something.

`python -m tests.benchmarks.replay.site` serves on a free port of 127.0.0.1 and prints its address. It answers
`GET /received?key=K` with what arrived under a key: a list of field → value, one for each request.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from html import escape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn

from tests.benchmarks.replay import many

PAGES = Path(__file__).parent / "pages"
KINDS = {".css": "text/css", ".js": "text/javascript"}


class Asked:
    """One request: its query and form together, its cookies, the host it was sent to."""

    def __init__(self, scope: Mapping[str, Any], body: bytes) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.place = f"{scope['method']} {scope['path']}"
        self.query = dict(parse_qsl(scope["query_string"].decode()))
        self.form = dict(parse_qsl(body.decode()))
        self.port = urlsplit(f"//{headers['host']}").port
        self.user = next((each.value for each in SimpleCookie(headers.get("cookie", "")).values()), "")


class Answer:
    """What is answered: a page unless its kind says otherwise, or the address to go to."""

    def __init__(self, text: str = "", kind: str = "text/html", goes_to: str = "", user: str = "") -> None:
        self.body = text.encode()
        self.status = 303 if goes_to else 200
        told = {"content-type": f"{kind}; charset=utf-8", "content-length": str(len(self.body))}
        told |= {"location": goes_to} if goes_to else {}
        told |= {"set-cookie": f"user={user}; Path=/"} if user else {}
        self.headers = [(name.encode(), value.encode()) for name, value in told.items()]


class Site:
    """An ASGI application."""

    def __init__(self) -> None:
        self._received: dict[str, list[dict[str, str]]] = defaultdict(list)
        self._files = {file.name: file.read_text() for file in PAGES.iterdir()}
        self._answers: dict[str, Callable[[Asked], Answer]] = {
            "GET /order": lambda _: self._page("order.html"),
            "POST /order": self._details,
            "POST /order/send": self._note,
            "GET /login": lambda _: self._page("login.html"),
            "POST /login": self._log_in,
            "GET /profile": lambda _: self._page("profile.html"),
            "POST /profile": self._profile,
            "GET /entries": lambda _: self._page("entries.html"),
            "POST /entries": self._note,
            "POST /entries/approve": self._note,
            "GET /frames": self._frames,
            "GET /frames/middle": self._frames,
            "GET /frames/last": self._frames,
            "GET /frames/form": lambda _: self._page("framed.html"),
            "GET /many": self._many,
            "POST /many": self._note_many,
            "GET /received": lambda asked: Answer(json.dumps(self._received[asked.query["key"]]), "application/json"),
        }

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        answer = self._answer(Asked(scope, body))
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _answer(self, asked: Asked) -> Answer:
        name = asked.place.removeprefix("GET /")
        if name in self._files:
            return Answer(self._files[name], KINDS.get(Path(name).suffix, "text/html"))
        found = self._answers.get(asked.place)
        return found(asked) if found else Answer("There is nothing here.", "text/plain")

    def _page(self, file: str, **parts: str) -> Answer:
        text = self._files[file]
        for part, value in parts.items():
            text = text.replace(f"%{part}%", value)
        return Answer(text)

    def _note(self, asked: Asked) -> Answer:
        self._received[asked.form.get("reference") or asked.user].append(asked.form)
        return Answer("{}", "application/json")

    def _details(self, asked: Asked) -> Answer:
        self._note(asked)
        return self._page("details.html", reference=escape(asked.form.get("reference", "")))

    def _log_in(self, asked: Asked) -> Answer:
        user = asked.form.get("user", "")
        self._received[user].append(asked.form)
        return Answer(goes_to="/profile", user=user)

    def _profile(self, asked: Asked) -> Answer:
        self._note(asked)
        return Answer(goes_to="/entries")

    def _frames(self, asked: Asked) -> Answer:
        """The second frame is of another origin than the first and the third."""
        name, address = {
            "GET /frames": ("outer", f"http://localhost:{asked.port}/frames/middle"),
            "GET /frames/middle": ("middle", f"http://127.0.0.1:{asked.port}/frames/last"),
            "GET /frames/last": ("inner", "/frames/form"),
        }[asked.place]
        return self._page("frame.html", name=name, address=address)

    def _many(self, asked: Asked) -> Answer:
        return self._page("many.html", lines=many.lines(int(asked.query["count"]), drifted="drift" in asked.query))

    def _note_many(self, asked: Asked) -> Answer:
        first = many.original()
        asked.form = {first.get(name, name): value for name, value in asked.form.items() if value}
        return self._note(asked)


async def main() -> None:
    """Serves until its standard input ends."""
    config = uvicorn.Config(Site(), host="127.0.0.1", port=0, log_level="warning", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main())
