"""What rows left behind: pictures, downloads, traces, videos; listed, or fetched into a folder."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import Progress

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.finding import find_job
from services.cli.showing import cell, cut, plain, table
from shared.core.errors import InvalidInput, NotFound, Unavailable

PAGE = 1000
Kind = Literal["screenshot", "pdf", "video", "trace", "data"]


async def artifacts(
    desk: Desk,
    job: Annotated[str, typer.Argument(help="Id, the beginning of one, or `last`.")] = "last",
    row: Annotated[int | None, typer.Option(min=0, help="Only this row's.")] = None,
    kind: Annotated[Kind | None, typer.Option("--type", help="Only files of this type.")] = None,
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Fetch them, a folder for each row.")] = None,
) -> None:
    """List the files that a job's rows left behind, or fetch them. A trace opens with: playwright show-trace FILE."""
    async with desk.client() as client:
        job_id = await find_job(client, job)
        await client.get(f"/scheduler/v1/jobs/{job_id}")
        found = await _all(client, job_id, row=row, type=kind)
        if to is not None:
            found = await _fetch(desk, client, found, to)
    if desk.as_json:
        desk.print_json(found)
    elif not found:
        desk.note("no such file was kept; pictures, traces and videos are options of a job: retold options")
    elif to is not None:
        desk.out.print(f"{counted_files(len(found))} in {plain(to)}", markup=False, soft_wrap=True)
    else:
        _show(desk, found)


async def _all(client: Client, job_id: str, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = await client.get(f"/runner/v1/jobs/{job_id}/artifacts", skip=len(found), limit=PAGE, **wanted)
        found += page
        if len(page) < PAGE:
            return found


async def files_kept(client: Client, job_id: str, position: int | None = None) -> str | None:
    """Where a job's files are, for whoever has seen its results; none when it has none. `position`: as of then."""
    with suppress(NotFound, Unavailable):  # of an earlier release, or not yet known
        if await client.get(f"/runner/v1/jobs/{job_id}/artifacts", limit=1, at_least=position or None):
            return f"its rows left files behind (pictures, downloads, traces): retold artifacts {job_id}"
    return None


def counted_files(files: int) -> str:
    """How many files, in words."""
    return "1 file" if files == 1 else f"{files} files"


def _show(desk: Desk, found: Iterable[Mapping[str, Any]]) -> None:
    shown = table(
        "row", "attempt", "step", "type", "name", "bytes", "address", right=("row", "attempt", "step", "bytes")
    )
    for each in found:
        shown.add_row(
            cell(each["row_index"]),
            cell(each["attempt"]),
            cell(each["step_number"]),
            cell(each["artifact_type"]),
            cell(cut(plain(each["file_name"]), 60)),
            cell(f"{each['size_bytes']:,}"),
            cell(each["file_path"]),
        )
    desk.out.print(shown)


async def _fetch(desk: Desk, client: Client, found: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Every file in its place. Raises `InvalidInput`, before any is fetched, where another file is there already."""
    placed = [(each, folder / place) for each, place in zip(found, places(found), strict=True)]
    missing = [(each, path) for each, path in placed if not _is_there(path, each["checksum"])]
    with Progress(console=desk.notes, transient=True, disable=desk.as_json) as progress:
        task = progress.add_task("fetching", total=sum(each["size_bytes"] for each, _ in missing))
        for each, path in missing:
            await _fetch_one(client, each, path)
            progress.advance(task, each["size_bytes"])
    return [{**each, "path": str(path)} for each, path in placed]


def _is_there(path: Path, digest: str) -> bool:
    if not path.exists():
        return False
    if path.is_file():
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == digest:
                return True
    raise InvalidInput(f"{path} is there already and is another file; move it away, or fetch into another folder")


async def _fetch_one(client: Client, artifact: Mapping[str, Any], path: Path) -> None:
    digest = hashlib.sha256()
    part = path.with_name(f".{artifact['checksum'][:16]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            async for piece in client.pieces(f"/runner/v1/files/{artifact['checksum']}"):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != artifact["checksum"]:
            raise Unavailable(f"{artifact['file_path']} did not arrive as it was kept; fetch it again")
        part.replace(path)
    except OSError as failure:
        raise InvalidInput(f"{path} cannot be written: {failure.strerror}") from failure
    finally:
        part.unlink(missing_ok=True)


def places(found: Iterable[Mapping[str, Any]]) -> Iterator[Path]:
    """Where each goes: a folder for the row, one for each further attempt, names that are told apart by numbers."""
    taken: Counter[Path] = Counter()
    for each in found:
        folder = Path(f"row-{int(each['row_index'])}")
        if each["attempt"] > 1:
            folder /= f"attempt-{int(each['attempt'])}"
        wanted = folder / safe_name(str(each["file_name"]))
        place = wanted
        while taken[place]:
            taken[wanted] += 1
            place = wanted.with_stem(f"{wanted.stem} ({taken[wanted]})")
        taken[place] += 1
        yield place


def safe_name(name: str) -> str:
    """One part of a path, whatever it is called on the platform."""
    kept = "".join(char if char.isprintable() and char not in '/\\<>:"|?*' else "_" for char in name).strip(". ")
    return kept[-150:] or "file"
