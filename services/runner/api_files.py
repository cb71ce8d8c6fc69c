"""EDGE: the files that rows left behind: what there is, and each by its SHA-256, whole or in parts."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from services.runner.projections import ARTIFACTS, queries
from shared.contracts.runner import ArtifactKind
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import Caller, CallerOf
from shared.web.ranges import NoSuchPart, disposition, is_among, part_asked

PIECE_BYTES = 256 * 1024
UNKNOWN = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")
# What a browser only ever shows. Everything else is saved: a page from elsewhere must not run as one of ours.
SHOWN = {
    *("image/jpeg", "image/png", "image/webp", "image/gif", "video/webm", "video/mp4"),
    *("application/pdf", "application/json", "text/plain", "text/csv"),
}
BEGINNINGS = (
    (b"\xff\xd8", "image/jpeg", "jpg"),
    (b"\x89PNG", "image/png", "png"),
    (b"%PDF-", "application/pdf", "pdf"),
    (b"PK\x03\x04", "application/zip", "zip"),
    (b"\x1a\x45\xdf\xa3", "video/webm", "webm"),
)
ANSWERS: dict[int | str, dict[str, Any]] = {
    206: {"description": "a part, as `Range` asked"},
    304: {"description": "as `If-None-Match` says, it is there already"},
    416: {"description": "the file ends before the part begins"},
}


def add_file_routes(routes: APIRouter, resources: Resources) -> None:
    """Lists and files."""
    database = resources.database

    @routes.get("/jobs/{job_id}/artifacts", tags=["files"], dependencies=[at_least(resources, ARTIFACTS)])
    async def list_artifacts(
        job_id: UUID,
        caller: CallerOf,
        row: Annotated[int | None, Query(ge=0)] = None,
        kind: Annotated[ArtifactKind | None, Query(alias="type")] = None,
        skip: Annotated[int, Query(ge=0, description="how many of the list to pass over")] = 0,
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    ) -> list[dict[str, Any]]:
        """The files that a job's rows left behind, by row; `file_path` is where each is served."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_artifacts(
                connection, job_id=job_id, row_index=row, artifact_type=kind, page=limit, skip=skip
            )
            return [dict(each) async for each in found]

    @routes.get("/files/{digest}", tags=["files"], response_class=StreamingResponse, responses=ANSWERS)
    async def get_file(
        digest: str,
        caller: CallerOf,
        part: Annotated[str | None, Header(alias="Range")] = None,
        only_of: Annotated[str | None, Header(alias="If-Range")] = None,
        not_again: Annotated[str | None, Header(alias="If-None-Match")] = None,
    ) -> Response:
        """A file, by its SHA-256; one part of it where `Range` asks for one."""
        if is_among(not_again, _etag(digest)) and await resources.objects.has(caller.org, digest):
            return Response(status_code=304, headers=_kept_headers(digest))
        content, headers = await file_of(digest, caller)
        try:
            asked = part_asked(part if only_of in (None, _etag(digest)) else None, len(content))
        except NoSuchPart:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
        if asked is None:
            whole = {**headers, "Content-Length": str(len(content))}
            return StreamingResponse(_pieces(content, 0, len(content)), headers=whole)
        partial = {"Content-Range": asked.of(len(content)), "Content-Length": str(asked.end - asked.start)}
        return StreamingResponse(_pieces(content, asked.start, asked.end), 206, {**headers, **partial})

    @routes.head("/files/{digest}", include_in_schema=False)
    async def head_file(digest: str, caller: CallerOf) -> Response:
        content, headers = await file_of(digest, caller)
        return Response(headers={**headers, "Content-Length": str(len(content))})

    async def file_of(digest: str, caller: Caller) -> tuple[bytes, dict[str, str]]:
        content = await resources.objects.get(caller.org, digest)
        async with database.tenant(caller.org) as connection:
            kept = await queries.find_artifact(connection, checksum=digest)
        sniffed, suffix = _sniffed(content)
        given = kept["mime_type"] or "" if kept else sniffed
        media_type = given if MEDIA_TYPE.fullmatch(given) else UNKNOWN
        name = kept["file_name"] if kept else f"{digest[:12]}.{suffix}"
        return content, _kept_headers(digest) | _headers(media_type, name)


def _etag(digest: str) -> str:
    return f'"{digest}"'


def _kept_headers(digest: str) -> dict[str, str]:
    return {"ETag": _etag(digest), "Cache-Control": "private, max-age=31536000, immutable"}


def _headers(media_type: str, name: str) -> dict[str, str]:
    shown = media_type in SHOWN
    headers = {
        "Content-Type": f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        "Content-Disposition": disposition("inline" if shown else "attachment", name),
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
    }
    return headers if shown else {**headers, "Content-Security-Policy": "default-src 'none'; sandbox"}


def _sniffed(content: bytes) -> tuple[str, str]:
    """The type that a file's beginning shows, and what names of such files end in."""
    found = ((kind, suffix) for beginning, kind, suffix in BEGINNINGS if content.startswith(beginning))
    return next(found, (UNKNOWN, "bin"))


async def _pieces(content: bytes, start: int, end: int) -> AsyncIterator[memoryview]:
    view = memoryview(content)
    for at in range(start, end, PIECE_BYTES):
        yield view[at : min(at + PIECE_BYTES, end)]
