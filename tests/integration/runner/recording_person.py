"""A small site, and a person who records on it: what is said over the socket, and what comes back."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 15.0
HAND_SECONDS = 0.05  # from where the mouse comes to rest to the press
AT = "position:absolute;left:20px;width:220px;height:24px;box-sizing:border-box"
LATE = "".join(
    f'<button style="{AT};top:{top}px">{label}</button>'
    for label, top in {"One": 20, "Two": 60, "Three": 100, "Four": 140}.items()
)
# Where everything stands is part of the site: pictures are pressed at places.
PAGES: dict[str, str] = {
    "/form": f"""<!doctype html><title>Form</title>
<form action="/sent"><input id=name name=name aria-label="Full name" style="{AT};top:20px">
<input id=word name=word type=password aria-label=Password style="{AT};top:60px">
<label style="{AT};top:100px"><input id=news name=news type=checkbox> Newsletter</label>
<select id=country name=country aria-label=Country style="{AT};top:140px">
<option value=>-<option value=de>Germany<option value=fr>France</select>
<input id=born name=born type=date aria-label=Born style="{AT};top:180px">
<input id=paper name=paper type=file aria-label=Paper style="{AT};top:220px">
<button type=button id=ask style="{AT};top:260px" onclick="this.textContent = prompt('How many?', '2')">Ask</button>
<a id=more href="/other" target=_blank style="{AT};top:300px">More</a>
<button id=send style="{AT};top:340px">Send</button></form>""",
    "/other": "<!doctype html><title>Other</title><button style='position:absolute;left:20px;top:20px'>Yes</button>",
    "/sent": "<!doctype html><title>Sent</title><h1>Sent</h1>",
    "/inner": f"<!doctype html><input id=city aria-label=City style='{AT};top:20px'>",
    "/drag": f"""<!doctype html><title>Drag</title>
<div draggable=true aria-label=Card style="{AT};top:20px;background:gold">Card</div>
<div aria-label=Lane style="{AT};top:120px;height:90px;background:silver" ondragover="event.preventDefault()"
 ondrop="document.title = 'Dropped'">Lane</div>""",
    "/list": f"""<!doctype html><title>List</title><input list=all aria-label=Fruit style="{AT};top:20px">
<datalist id=all><option>Apple<option>Banana<option>Blueberry</datalist>""",
    "/late": f"""<!doctype html><title>Late</title>{LATE}<script>
addEventListener("pointerdown", () => {{ for (const end = Date.now() + 200; Date.now() < end;); }}, true);</script>""",
    "/tree": f"""<!doctype html><title>Tree</title><x-box style="{AT};top:20px"></x-box>
<script>const root = document.querySelector("x-box").attachShadow({{ mode: "closed" }});
root.innerHTML = "<button>Closed</button>";</script>""",
}


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        port = self.server.server_address[1]
        frame = f"<iframe src='http://localhost:{port}/inner' style='position:absolute;left:100px;top:100px'></iframe>"
        body = PAGES.get(path, f"<!doctype html><title>Framed</title>{frame}" if path == "/framed" else "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests print nothing."""


@contextmanager
def site() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Person:
    """Somebody at the live page of a session."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.last: dict[str, dict[str, Any]] = {}  # message by kind
        self.heard: list[dict[str, Any]] = []
        self.frames = 0
        self.size = (0, 0)  # of the last picture
        self.closed: tuple[int, str] | None = None
        self._news = asyncio.Event()

    async def listen(self) -> None:
        """Takes what comes; says at once that a picture was seen."""
        try:
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.frames += 1
                    self.size = (int.from_bytes(message[4:6], "big"), int.from_bytes(message[6:8], "big"))
                    assert message[12:15] == b"\xff\xd8\xff"
                    await self.say("seen", frame=int.from_bytes(message[:4], "big"))
                else:
                    told = json.loads(message)
                    self.last[told["kind"]] = told
                    self.heard.append(told)
                self._news.set()
        except ConnectionClosed:
            pass
        self.closed = (self.socket.close_code or 0, self.socket.close_reason or "")
        self._news.set()

    async def say(self, kind: str, /, **more: Any) -> None:
        with suppress(ConnectionClosed):
            await self.socket.send(json.dumps({"kind": kind, **more}))

    async def until(self, true: Callable[[], Any]) -> Any:
        """What the condition gives, once it holds."""
        async with asyncio.timeout(PATIENCE):
            while not (found := true()):
                self._news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.2)
        return found

    async def told(self, kind: str) -> dict[str, Any]:
        """The next message of a kind, or the one that is there; it is taken."""
        await self.until(lambda: kind in self.last)
        return self.last.pop(kind)

    @property
    def steps(self) -> list[dict[str, Any]]:
        return list(self.last.get("steps", {}).get("steps", []))

    async def step(self, kind: str, **parts: Any) -> dict[str, Any]:
        """The step of that kind, with these parts, once it is shown."""

        def found() -> Any:
            fits = [s for s in self.steps if s["type"] == kind and all(s[k] == v for k, v in parts.items())]
            return fits[-1] if fits else None

        step: dict[str, Any] = await self.until(found)
        return step

    async def press(self, x: float, y: float, clicks: int = 1) -> None:
        at = {"x": x, "y": y}
        await self.say("mouse", type="moved", **at)
        await asyncio.sleep(HAND_SECONDS)
        await self.say("mouse", type="pressed", button="left", buttons=1, clicks=clicks, **at)
        await self.say("mouse", type="released", button="left", buttons=0, clicks=clicks, **at)

    async def key(self, key: str, code: str = "") -> None:
        for kind in ("down", "up"):
            await self.say("key", type=kind, key=key, code=code or f"Key{key.upper()}")

    async def write(self, text: str) -> None:
        for char in text:
            await self.key(char)

    async def shows(self, title: str) -> dict[str, Any]:
        """The page in front, once it has this title."""

        def active() -> Any:
            tabs = self.last.get("tabs", {}).get("tabs", [])
            return next((tab for tab in tabs if tab["active"] and tab["title"] == title), None)

        tab: dict[str, Any] = await self.until(active)
        return tab


@asynccontextmanager
async def person_at(address: str, view: str, **hello: Any) -> AsyncIterator[Person]:
    """A person whose page is loaded and open."""
    path, _, token = view.partition("#")
    url = f"ws{address.removeprefix('http')}{path.removesuffix('/view')}/live"
    async with connect(url, origin=hello.pop("origin", address), max_size=None, proxy=None) as socket:
        person = Person(socket)
        listening = asyncio.create_task(person.listen())
        await person.say("hello", **{"token": token, **hello})
        try:
            yield person
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
