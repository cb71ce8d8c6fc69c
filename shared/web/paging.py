"""Keyset pages, newest first: the cursor is the last row's time and id; the next page stands in `Link`."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from shared.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for."""

    limit: int
    before_at: datetime | None
    before_id: UUID | None


def _page(
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(description="from the `Link` of the page before")] = None,
) -> Page:
    if cursor is None:
        return Page(limit, None, None)
    try:
        at, _, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return Page(limit, datetime.fromisoformat(at), UUID(row_id))
    except (ValueError, binascii.Error) as error:
        raise InvalidInput("the cursor is not one that this list gave; start again without it") from error


PageOf = Annotated[Page, Depends(_page)]


def link_next(request: Request, response: Response, rows: Sequence[Any], page: Page) -> None:
    """Say where the next page is, when there may be one."""
    if len(rows) == page.limit:
        last = rows[-1]
        cursor = base64.urlsafe_b64encode(f"{last['created_at'].isoformat()}|{last['id']}".encode()).decode()
        response.headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
