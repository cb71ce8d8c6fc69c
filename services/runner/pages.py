"""EDGE: HTML for people: a row as it runs."""

import secrets
from pathlib import Path
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

LIVE_ROW = Path(__file__).with_name("templates") / "live_row.html"


def add_pages(routes: APIRouter) -> None:
    """The pages. They hold nothing of anybody: their script asks for it, with the token of whoever looks."""
    text = LIVE_ROW.read_text("utf-8")

    @routes.get("/jobs/{job_id}/rows/{row}/live.html", response_class=HTMLResponse, tags=["live"])
    async def live_row_page(job_id: UUID, row: int) -> HTMLResponse:
        """A row's picture and log lines, live, for people; it asks for the token."""
        nonce = secrets.token_urlsafe(16)
        allowed = f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data: blob:"
        policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        page = text.replace("NONCE", nonce).replace("JOB", str(job_id)).replace("ROW", str(row))
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return HTMLResponse(page, headers=headers)
