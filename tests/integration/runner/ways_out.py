"""Ways in which a page may try to reach a place: scripts for a page, and servers that count who came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = b"<!doctype html><title>open</title><body>open</body>"
WORKER = b"""
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => fetch(event.data, { mode: 'no-cors' }).catch(() => 0));
"""

# What a page does to reach the address U; each is run in a fresh page of the open server.
WAYS = {
    "a navigation": "location.href = U",
    "a redirect": "location.href = '/redirect?to=' + encodeURIComponent(U)",
    "a redirect of a fetch": "fetch('/redirect?to=' + encodeURIComponent(U), { mode: 'no-cors' })",
    "a fetch": "fetch(U, { mode: 'no-cors' })",
    "a request of old": "{ const r = new XMLHttpRequest(); r.open('GET', U); r.send(); }",
    "a beacon": "navigator.sendBeacon(U, 'x')",
    "an image": "new Image().src = U",
    "a frame": "add('iframe', { src: U })",
    "a frame in a document of its own": "add('iframe', { srcdoc: `<img src='${U}'>` })",
    "a script": "add('script', { src: U })",
    "a module": "import(U)",
    "a style": "add('link', { rel: 'stylesheet', href: U })",
    "a style's import": "add('style', { textContent: `@import url(${U})` })",
    "a font": "add('style', { textContent: `@font-face{font-family:f;src:url(${U})}body{font-family:f}` })",
    "an object": "add('object', { data: U })",
    "a video": "add('video', { src: U, preload: 'auto' })",
    "a prefetch": "add('link', { rel: 'prefetch', href: U })",
    "a form": "{ const f = add('form', { action: U, method: 'post' }); f.submit(); }",
    "a ping": "{ const a = add('a', { href: '#x' }); a.setAttribute('ping', U); a.click(); }",
    "a window": "window.open(U)",
    "a refresh": "add('meta', { httpEquiv: 'refresh', content: `0;url=${U}` })",
    "server-sent events": "new EventSource(U)",
    "a websocket": "new WebSocket(U.replace('http', 'ws'))",
    "a worker": "new Worker(URL.createObjectURL(new Blob([`fetch('${U}', {mode: 'no-cors'})`])))",
    "a service worker": """
        navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)
            .then((r) => r.active.postMessage(U))""",
    "a relay of calls over TCP": """{
        const urls = U.replace('http://', 'turn:').replace(/[/].*/, '') + '?transport=tcp';
        const call = new RTCPeerConnection({ iceServers: [{ urls, username: 'a', credential: 'b' }] });
        call.createDataChannel('x'); call.createOffer().then((offer) => call.setLocalDescription(offer)); }""",
}
ADD = "const add = (tag, given) => document.body.appendChild(Object.assign(document.createElement(tag), given)); "


def script(way: str, url: str) -> str:
    """The way, as an expression that a page evaluates."""
    return f"(() => {{ const U = {url!r}; {ADD} {WAYS[way]}; }})()"


class Server:
    """Answers every request with a page, and counts its connections; `/redirect?to=` leads elsewhere."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0
        self.writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """By its address."""
        return f"http://127.0.0.1:{self.port}"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self.writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(self._answer(head.split(b" ")[1].decode()))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, IndexError):
            pass
        finally:
            writer.close()
            self.writers.discard(writer)

    def _answer(self, target: str) -> bytes:
        parts = urlsplit(target)
        if parts.path == "/redirect":
            to = unquote(parse_qs(parts.query)["to"][0])
            return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
        kind, body = ("text/javascript", WORKER) if parts.path == "/worker.js" else ("text/html", PAGE)
        return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def serving(host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """A server on a free port."""
    server = Server()
    async with await asyncio.start_server(server.take, host, 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        while server.writers:
            for writer in list(server.writers):
                writer.close()
            await asyncio.sleep(0)


class Datagrams(asyncio.DatagramProtocol):
    """Counts what arrives over UDP; an async context manager."""

    def __init__(self) -> None:
        self.count = 0
        self.port = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.count += 1

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()
