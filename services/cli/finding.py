"""What a person calls a recording or a job → its id."""

import re
from typing import Any
from uuid import UUID

from services.cli.client import Client
from shared.core.errors import InvalidInput, NotFound

WHOLE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
START_OF_ID = re.compile(r"[0-9a-f-]{1,36}", re.IGNORECASE)


async def find_recording(client: Client, text: str) -> str:
    """A recording by id, by the beginning of its id, or by its name."""
    if WHOLE_ID.fullmatch(text):
        return str(UUID(text))
    if not text.strip():
        raise InvalidInput("say which recording: its name, or the beginning of its id")
    found: list[dict[str, Any]] = await client.get("/ingest/v1/recordings/find", q=text)
    exactly = [each for each in found if each["name"] == text]
    if len(found) > 1 and len(exactly) == 1:
        found = exactly
    if not found:
        raise NotFound(f"no recording is named {text!r}, or has an id that begins so; `retold recordings` lists them")
    if len(found) > 1:
        listed = ", ".join(f"{each['id']} ({each['name']})" for each in found)
        raise InvalidInput(f"{text!r} can be any of: {listed}; give more of the id")
    return str(found[0]["id"])


async def find_job(client: Client, text: str) -> str:
    """A job by id, by the beginning of its id, or the newest as `last`."""
    if WHOLE_ID.fullmatch(text):
        return str(UUID(text))
    if text == "last":
        newest = await client.get("/scheduler/v1/jobs", limit=1)
        if not newest:
            raise NotFound("there is no job yet; start one with: retold run RECORDING --csv FILE")
        return str(newest[0]["id"])
    if not START_OF_ID.fullmatch(text):
        raise InvalidInput(f"{text!r} is no job: give its id, the beginning of its id, or `last`")
    found = await client.get("/scheduler/v1/jobs/find", q=text)
    if not found:
        raise NotFound(f"no job has an id that begins with {text!r}; `retold jobs` lists them")
    if len(found) > 1:
        raise InvalidInput(f"{text!r} is the beginning of {len(found)} jobs: {', '.join(found)}; give more of the id")
    return str(found[0])
