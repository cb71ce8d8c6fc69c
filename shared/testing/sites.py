"""Small web sites to replay against: still pages, and a registration form that counts every submit."""

import sqlite3
import threading
import time
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

FIELDS = ("name", "email", "password", "newsletter", "country")
TABLE = f"CREATE TABLE entries (id INTEGER PRIMARY KEY, {', '.join(f'{field} TEXT' for field in FIELDS)})"
INSERT = f"INSERT INTO entries ({', '.join(FIELDS)}) VALUES ({', '.join('?' * len(FIELDS))})"  # noqa: S608 - constants
LONGEST_DELAY = 30.0
NO_HEADERS: Mapping[str, str] = {}
STRICT = {"Content-Security-Policy": "default-src 'none'; require-trusted-types-for 'script'"}


class Sites:
    """Serves `/<page>.html` and the application `/register/` on a free port of 127.0.0.1; a context manager.

    `/register/?look=2` (or `look` set to 2) is the same form years later; names in `refused` are answered with an
    error. `?delay=SECONDS` makes any answer slow. `/status/503` answers so, `/strict` forbids all scripts.
    """

    def __init__(self) -> None:
        self._entries = sqlite3.connect(":memory:", check_same_thread=False)
        self._entries.execute(TABLE)
        self._lock = threading.Lock()
        self.requests: list[str] = []
        self.look = "1"
        self.refused: set[str] = set()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"application": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        if self._thread is not None:
            self._thread.join()
        self._entries.close()

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        if self._server is None:
            raise RuntimeError("Sites serves only inside its with block.")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def entries(self) -> list[dict[str, str]]:
        """What was sent, in order, double submits included."""
        with self._lock:
            found = self._entries.execute("SELECT * FROM entries ORDER BY id")
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def clear(self) -> None:
        """Forgets everything that was sent and asked for."""
        self.requests.clear()
        with self._lock, self._entries:
            self._entries.execute("DELETE FROM entries")

    def enter(self, form: Mapping[str, str]) -> int:
        """Adds an entry without asking whether it is there already."""
        with self._lock, self._entries:
            values = [form.get(field, "") for field in FIELDS]
            return int(self._entries.execute(INSERT, values).lastrowid or 0)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    application: Sites  # whose pages and entries these are

    def do_GET(self) -> None:
        parts, query = self._received()
        if parts == ["register"]:
            self._answer(page("register-2" if query.get("look", self.application.look) == "2" else "register"))
        elif parts[:2] == ["register", "done"]:
            self._answer(page("registered").replace("{{name}}", escape(query.get("name", ""))))
        elif parts == ["strict"]:
            self._answer("<button id=b>Press</button>", headers=STRICT)
        elif len(parts) == 2 and parts[0] == "status" and parts[1].isdigit():
            self._answer("<h1>An error page</h1>", int(parts[1]))
        elif len(parts) == 1 and parts[0].removesuffix(".html").replace("-", "").isalnum():
            self._file(parts[0].removesuffix(".html"))
        else:
            self._answer("<h1>Not found</h1>", HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        parts, query = self._received()
        length = int(self.headers.get("Content-Length", "0"))
        sent = _first(parse_qs(self.rfile.read(length).decode(), keep_blank_values=True))
        form = {key.removeprefix("person[").removesuffix("]"): value for key, value in sent.items()}
        if parts != ["register"]:
            self._answer("<h1>Not found</h1>", HTTPStatus.NOT_FOUND)
        elif query.get("fail") or form.get("name") in self.application.refused:
            self._answer("<h1>Out of order</h1>", HTTPStatus.INTERNAL_SERVER_ERROR)
        else:
            number = self.application.enter(form)
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", f"/register/done?number={number}")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _received(self) -> tuple[list[str], dict[str, str]]:
        address = urlsplit(self.path)
        self.application.requests.append(f"{self.command} {address.path}")
        query = _first(parse_qs(address.query))
        time.sleep(min(float(query.get("delay", "0")), LONGEST_DELAY))
        return [part for part in address.path.split("/") if part], query

    def _file(self, name: str) -> None:
        try:
            self._answer(page(name))
        except FileNotFoundError:
            self._answer("<h1>Not found</h1>", HTTPStatus.NOT_FOUND)

    def _answer(self, html: str, status: int = HTTPStatus.OK, headers: Mapping[str, str] = NO_HEADERS) -> None:
        body = html.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server names it
        """Keeps silent."""


def page(name: str) -> str:
    """The HTML of a page of `shared/testing/sites/`."""
    return resources.files("shared.testing").joinpath("sites", f"{name}.html").read_text("utf-8")


def _first(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {key: found[0] for key, found in values.items()}
