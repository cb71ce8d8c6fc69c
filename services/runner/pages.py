"""EDGE: HTML for people: a row as it runs, and a browser in which somebody records."""

import secrets
from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from shared.core.errors import NotFound

TEMPLATES = Path(__file__).with_name("templates")
LIVE_ROW = TEMPLATES / "live_row.html"
LIVE_RECORDING = TEMPLATES / "live_recording"
TYPES = {".css": "text/css", ".js": "text/javascript"}
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
GUARDED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def add_pages(routes: APIRouter) -> None:
    """The pages. They hold nothing of anybody: their script asks for it, with the token of whoever looks."""
    text = LIVE_ROW.read_text("utf-8")

    @routes.get("/jobs/{job_id}/rows/{row}/live.html", response_class=HTMLResponse, tags=["live"])
    async def live_row_page(job_id: UUID, row: int) -> HTMLResponse:
        """A row's picture and log lines, live, for people; it asks for the token."""
        nonce = secrets.token_urlsafe(16)
        allowed = f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data: blob:"
        page = text.replace("NONCE", nonce).replace("JOB", str(job_id)).replace("ROW", str(row))
        return HTMLResponse(page, headers={**GUARDED, "Content-Security-Policy": f"{CLOSED}; {allowed}"})


def add_recording_page(routes: APIRouter) -> None:
    """The page in which a person records, and its parts. Its token stands in the fragment, which no server sees."""
    text = (LIVE_RECORDING / "page.html").read_text("utf-8")
    parts = {part.name: part for part in LIVE_RECORDING.iterdir() if part.suffix in TYPES}

    @routes.get("/recording-sessions/{session_id}/view", response_class=HTMLResponse, tags=["recording sessions"])
    async def recording_page(session_id: UUID) -> HTMLResponse:  # noqa: ARG001, the page's own script reads it
        """The browser of a recording session, for the person who has its token."""
        nonce = secrets.token_urlsafe(16)
        allowed = f"script-src 'nonce-{nonce}'; style-src 'self'; connect-src 'self'; img-src data:"
        page = text.replace("NONCE", nonce)
        return HTMLResponse(page, headers={**GUARDED, "Content-Security-Policy": f"{CLOSED}; {allowed}"})

    @routes.get("/recording-page/{name}", response_class=Response, include_in_schema=False)
    async def part_of_recording_page(name: str) -> Response:
        """A style or script of that page."""
        if name not in parts:
            raise NotFound(f"the page has no part {name!r}")
        content = parts[name].read_text("utf-8")
        return Response(content, media_type=TYPES[parts[name].suffix], headers={**GUARDED, "Cache-Control": "no-cache"})
