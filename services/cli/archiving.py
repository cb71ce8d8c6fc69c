"""A copy of everything that counts, and the way back from it."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.desk import Desk
from services.cli.systems import opened, progress
from shared.core.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from shared.objects import Store

Place = Annotated[str, typer.Argument(metavar="PLACE", help="A folder, or s3://bucket/prefix, gs://…, az://….")]


async def archive(
    desk: Desk,
    place: Place,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the wrapped data keys into this file. Keep it apart from the archive."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Add nothing: read the archive that is there, and check it.")
    ] = (False),
) -> None:
    """Copy log, seals, lines and files to a place; a second run adds what is new. Data keys are not among them.

    Erasing an organization destroys its data key, and with it what archives hold of that organization: so the keys
    go into a file of their own, which you make anew, and whose older copies you destroy, after each erasure.
    """
    from shared.audit.archiver import Archiver
    from shared.audit.keys_file import save_keys

    store = _opened(place, make=not check)
    if keys is not None and _lies_in(keys, store):
        raise InvalidInput(f"{keys} lies in the archive: keep the keys apart, or nobody's data can be erased from it")
    if check:
        await _check(desk, store)
        return
    began = time.monotonic()
    async with opened(desk) as system, progress(desk) as see:
        added = await Archiver(system, store, see).run()
        saved = await save_keys(system.client, keys) if keys is not None else None
    seconds = time.monotonic() - began
    if desk.as_json:
        desk.print_json({**asdict(added), "place": store.url, "keys": saved, "seconds": round(seconds, 3)})
        return
    streams = ", ".join(f"{count:,} of {name}" for name, count in added.messages.items())
    desk.out.print(
        f"added to {store.url}: {streams} and {added.files:,} files in {seconds:.1f} s", markup=False, soft_wrap=True
    )
    if saved is not None:
        desk.out.print(f"data keys in {keys}: {saved}; keep that file apart from the archive", markup=False)


async def restore(
    desk: Desk,
    place: Place,
    keys: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The data keys, as `retold archive --keys` wrote them.")
    ] = None,
    without_keys: Annotated[
        bool,
        typer.Option("--without-keys", help="Personal values and secrets then read as erased, for good."),
    ] = False,
) -> None:
    """Fill an empty system from an archive: same positions, same bytes. One that broke off goes on when run again.

    No service may run there meanwhile. They rebuild their read models when they start.
    """
    from shared.audit.archive import Archive
    from shared.audit.keys_file import read_keys
    from shared.audit.restorer import Restorer

    if (keys is None) == (not without_keys):
        raise InvalidInput(
            "name the file of the data keys with --keys FILE, or say --without-keys: personal values and secrets "
            "then read as erased, and keys cannot be added once a service has started"
        )
    source = _opened(place, make=False)
    wrapped = read_keys(keys) if keys is not None else []
    began = time.monotonic()
    async with opened(desk, may_start=True) as system, progress(desk) as see:
        found = await Archive.opened(source, system.keys)
        report = await Restorer(system, found, wrapped, see).run()
    seconds = time.monotonic() - began
    files = sum(chunk.last - chunk.first + 1 for chunk in found.manifest.objects)
    if desk.as_json:
        told = {"end": report.end, "seals": report.seals, "files": files, "keys": len(wrapped)}
        desk.print_json({**told, "seconds": round(seconds, 3)})
        return
    desk.out.print(
        f"restored and compared with the seals: {report.end:,} messages, {files:,} files, data keys: {len(wrapped)} "
        f"in {seconds:.1f} s",
        markup=False,
        soft_wrap=True,
    )
    desk.note(
        "start the services: they fill their read models from the log. If their Postgres is not empty, its read "
        "models are of another time: give them an empty one, or run `retold rebuild SERVICE` for each before you go on"
    )


async def _check(desk: Desk, store: "Store") -> None:
    from shared.audit.archive import Archive

    async with opened(desk) as system, progress(desk) as see:
        found = await Archive.opened(store, system.keys)
        findings = await found.check(system.keys, see)
        files = await found.files()
        for number, file in enumerate(files, 1):
            await found.file(file)
            see("reading files", number, len(files))
    if findings:
        raise Refused(f"the archive is not what was sealed: {findings[0].detail}", ())
    ends = {name: stream.last for name, stream in found.manifest.streams.items()}
    if desk.as_json:
        desk.print_json({"ok": True, "at": found.manifest.at, "ends": ends, "files": len(files)})
    else:
        streams = ", ".join(f"{name} up to {end:,}" for name, end in ends.items())
        desk.out.print(f"the archive of {found.manifest.at} is whole: {streams}, {len(files):,} files", markup=False)


def _opened(place: str, *, make: bool) -> "Store":
    from shared.objects import Store

    if make and "://" not in place:
        folder = Path(place).expanduser()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # its owner's alone
        except OSError as failure:
            raise InvalidInput(f"the folder {folder} cannot be made: {failure.strerror}") from failure
    store = Store.at(place)
    store.open(make=make)
    return store


def _lies_in(file: Path, store: "Store") -> bool:
    folder = store.url.removeprefix("file://")
    return store.url.startswith("file:") and file.expanduser().absolute().as_uri().startswith(f"file://{folder}/")
