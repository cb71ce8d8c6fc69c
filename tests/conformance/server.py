"""The server of the conformance pages: two origins, and a record of what each run's pages sent.

Every run has a folder of its own in the address, and pages use relative addresses only; so what a page sends is its
run's. `[what, value]` is kept for every form sent and for every `tell(what, value)` of `tell.js`, which every page has.
"""

import json
import mimetypes
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

PAGES = Path(__file__).parent / "pages"
HEAD = '<!doctype html><meta charset="utf-8"><title>{title}</title><script src="tell.js"></script>\n'
LONGEST_DELAY = 10.0

Told = list[Any]


class Server:
    """Serves `pages/`; a context manager. The second origin has another port and another host name."""

    def __init__(self) -> None:
        self._told: dict[str, list[tuple[float, Told]]] = defaultdict(list)
        self._lock = threading.Lock()
        self._servers: list[ThreadingHTTPServer] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"site": self})
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
        for server in self._servers:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()

    @property
    def url(self) -> str:
        """The first origin, without a slash at the end."""
        return f"http://127.0.0.1:{self._servers[0].server_address[1]}"

    @property
    def other_url(self) -> str:
        """The second origin, which is another site to the browser as well."""
        return f"http://localhost:{self._servers[1].server_address[1]}"

    def told(self, run: str) -> list[Told]:
        """What the run's pages sent, in the order in which they did."""
        with self._lock:
            return [told for _, told in sorted(self._told[run], key=lambda each: each[0])]

    def keep(self, run: str, what: str, value: Any, at: float | None = None) -> None:
        """Keeps what a page sent; `at` in milliseconds since 1970, by the page's clock, which is this one's."""
        with self._lock:
            self._told[run].append((time.time() * 1000 if at is None else at, [what, value]))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    site: Server

    def do_GET(self) -> None:
        run, path, query = self._asked()
        if path == "sent":
            self.site.keep(run, "sent", query)
            self._page("<h1>Thank you</h1>")
        elif path == "tell.js":
            self._answer((PAGES / "tell.js").read_bytes(), "text/javascript")
        elif path == "rows":
            start, count = int(query["from"]), int(query["count"])
            rows = [{"number": number, "name": f"Row {number}"} for number in range(start, start + count)]
            self._answer(json.dumps(rows).encode(), "application/json")
        elif path.startswith("redirect/"):
            self._redirect(int(path.partition("/")[2]), "../landed.html")
        elif path.startswith("give/"):
            name = path.partition("/")[2]
            self._answer(
                f"a,b\n1,{run}\n".encode(), "text/csv", {"Content-Disposition": f'attachment; filename="{name}"'}
            )
        else:
            self._file(path, query)

    def do_POST(self) -> None:
        run, path, _ = self._asked()
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if path == "told":
            told = json.loads(body)
            self.site.keep(run, told["what"], told["value"], told["at"])
            self._answer(b"", "text/plain")
            return
        self.site.keep(run, "sent", self._form(body))
        if path == "sent-and-on":
            self._redirect(303, "landed.html")
        else:
            self._page("<h1>Thank you</h1>")

    def _form(self, body: bytes) -> dict[str, Any]:
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            return _gathered((str(_name(part)), _content(part)) for part in whole.iter_parts())  # type: ignore[attr-defined]
        return _gathered(parse_qsl(body.decode(), keep_blank_values=True))

    def _asked(self) -> tuple[str, str, dict[str, str]]:
        address = urlsplit(self.path)
        run, _, path = address.path.strip("/").partition("/")
        query = {key: found[0] for key, found in parse_qs(address.query, keep_blank_values=True).items()}
        time.sleep(min(float(query.get("delay", "0")), LONGEST_DELAY))
        return run, path, query

    def _file(self, path: str, query: Mapping[str, str]) -> None:
        file = PAGES / path
        if "/" in path or not file.is_file():
            self._page("<h1>Not found</h1>", 404)
        elif file.suffix == ".html":
            self._page(file.read_text("utf-8"), title=query.get("title", file.stem))
        else:
            self._answer(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")

    def _page(self, body: str, status: int = 200, *, title: str = "page") -> None:
        run = urlsplit(self.path).path.strip("/").partition("/")[0]
        here, there = self.site.url, self.site.other_url
        filled = body.replace("{{here}}", f"{here}/{run}").replace("{{other}}", f"{there}/{run}")
        self._answer((HEAD.format(title=title) + filled).encode(), "text/html; charset=utf-8", status=status)

    def _redirect(self, status: int, location: str) -> None:
        self.send_response(status)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, body: bytes, kind: str, headers: Mapping[str, str] | None = None, *, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server names it
        """Keeps silent."""


def _gathered(pairs: Any) -> dict[str, Any]:
    """A form as JSON: a text, or a list where a name was given several times."""
    form: dict[str, Any] = {}
    for name, value in pairs:
        form[name] = [*_listed(form[name]), value] if name in form else value
    return form


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(part: Message) -> Any:
    return part.get_param("name", header="content-disposition")


def _content(part: Message) -> Any:
    content = part.get_payload(decode=True)
    text = content.decode() if isinstance(content, bytes) else ""
    file = part.get_filename()
    return text if file is None else {"file": file, "content": text}
