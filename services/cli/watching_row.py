"""Watching one row: its log lines as they come, and its newest picture in a file."""

import base64
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.cli.client import Client, event_fields
from services.cli.desk import Desk
from services.cli.logs import show_line
from services.cli.showing import plain
from shared.core.errors import InvalidInput, Unavailable

ROW_FAILED = 3


class NewestPicture:
    """A file that always holds the newest picture, whole; without a path it is made where temporary files go."""

    def __init__(self, path: Path | None, row: int) -> None:
        self._path, self._row = path, row
        self.path: Path | None = None

    def put(self, content: bytes) -> bool:
        """Write it. Whether it is the first. Raises `InvalidInput`."""
        first = self.path is None
        try:
            self.path = self.path or self._place()
            part = self.path.with_name(f".{self.path.name}.part")
            part.touch(mode=0o600)  # it may show what a person typed
            part.write_bytes(content)
            part.replace(self.path)
        except OSError as failure:
            where = self.path or self._path or tempfile.gettempdir()
            raise InvalidInput(f"{where} cannot be written: {failure.strerror}") from failure
        return first

    def _place(self) -> Path:
        if self._path is not None:
            return self._path
        handle, name = tempfile.mkstemp(prefix=f"retold-row-{self._row}-", suffix=".jpg")
        os.close(handle)
        return Path(name)


async def watch_row(desk: Desk, client: Client, job_id: str, row: int, picture: Path | None) -> int:
    """Show a row until it has ended. Exit code 3 if it did not succeed."""
    newest = NewestPicture(picture, row)
    said = ""
    async for message in client.stream(f"/runner/v1/jobs/{job_id}/rows/{row}/live"):
        fields = event_fields(message)
        match message.event:
            case "line":
                show_line(desk, fields)
            case "picture" if fields["jpeg"]:
                _tell_picture(desk, newest, fields)
            case "status" if not fields["ended"] and fields["message"] != said:
                said = fields["message"]
                desk.note(plain(said))
            case "ended":
                _tell_end(desk, fields, newest.path, job_id)
                return 0 if fields["status"] == "success" else ROW_FAILED
            case _:
                continue
    raise Unavailable(f"what is told of row {row} ended before the row did")


def _tell_picture(desk: Desk, newest: NewestPicture, fields: Mapping[str, Any]) -> None:
    first = newest.put(base64.b64decode(fields["jpeg"]))
    if desk.as_json:
        told = {name: fields[name] for name in ("at", "attempt", "step_number", "size")}
        desk.print_json({"picture": str(newest.path), **told}, line=True)
    elif first:
        desk.note(f"its newest picture is always in {newest.path}")


def _tell_end(desk: Desk, fields: Mapping[str, Any], picture: Path | None, job_id: str) -> None:
    if desk.as_json:
        desk.print_json({**fields, "picture": picture and str(picture)}, line=True)
        return
    reason = f" ({plain(fields['reason'])})" if fields["reason"] else ""
    desk.out.print(plain(fields["message"]) + reason, markup=False, soft_wrap=True)
    if fields["files"]:
        names = ", ".join(plain(file["name"]) for file in fields["files"])
        desk.note(f"it left behind {names}: retold artifacts {job_id} --row {fields['row_index']}")
