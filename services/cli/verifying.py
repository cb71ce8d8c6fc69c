"""Is the log what it was? Its hash chain says so, and an archive says where exactly."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.desk import Desk
from services.cli.showing import plain
from services.cli.systems import opened, progress

if TYPE_CHECKING:
    from shared.audit.verifying import Report

TAMPERED = 1


async def verify(
    desk: Desk,
    archive: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Compare with this archive too: it tells the exact position of a change."),
    ] = None,
) -> int:
    """Read the whole log and compare it with its seals; exit code 1 when anything was changed."""
    from shared.audit.archive import Archive
    from shared.audit.verifying import examine
    from shared.objects import Store

    began = time.monotonic()
    async with opened(desk, files=False) as system, progress(desk) as see:
        beside = None
        if archive is not None:
            place = Store.at(archive)
            place.open(make=False)
            beside = await Archive.opened(place, system.keys)
        report = await examine(system.client, system.keys, see, beside)
    seconds = time.monotonic() - began
    if desk.as_json:
        told = asdict(report) | {"ok": not report.findings, "unsealed": report.unsealed, "seconds": round(seconds, 3)}
        desk.print_json(told)
    else:
        _show(desk, report, seconds)
    return TAMPERED if report.findings else 0


def _show(desk: Desk, report: "Report", seconds: float) -> None:
    for finding in report.findings:
        desk.out.print(plain(finding.detail), markup=False, style="red", soft_wrap=True)
    verdict = "the log was changed" if report.findings else "the log is what was sealed"
    rate = f", {report.end / seconds:,.0f}/s" if seconds else ""
    desk.out.print(
        f"{verdict}: {report.end:,} messages, {report.seals:,} seals up to position {report.sealed_upto:,}, "
        f"{report.unsealed:,} not sealed yet ({seconds:.1f} s{rate})",
        markup=False,
        soft_wrap=True,
    )
