"""Is a service set up as it must be? Every finding says what to do."""

from dataclasses import asdict
from typing import Annotated

import typer

from services.cli.desk import Desk
from services.cli.findings import Finding, State, examined
from services.cli.showing import cell, table
from services.cli.sources import service_settings
from shared.core.errors import RetoldError, Unavailable

STYLE: dict[State, str] = {"ok": "green", "wrong": "red", "unreachable": "red", "untold": "dim"}
WRONG, NOT_REACHABLE = 1, 4


async def check(
    desk: Desk, service: Annotated[str, typer.Argument(metavar="SERVICE|all", help="ingest, scheduler, …, or all.")]
) -> int:
    """Check settings, NATS, Postgres, files and browser of a service; exit code 1: wrong, 4: unreachable."""
    from services.cli import checks

    findings: list[Finding] = []
    for name in desk.services if service == "all" else [service]:
        blueprint = desk.blueprint(name)
        try:
            settings = service_settings(desk, blueprint)
        except Unavailable as missing:
            findings.append(Finding(name, "settings", "unreachable", missing.detail))
            continue
        except RetoldError as error:
            findings.append(Finding(name, "settings", "wrong", error.detail))
            continue
        findings.append(Finding(name, "settings", "ok"))
        for about, examine in checks.of(name).items():
            findings += await examined(name, about, examine(blueprint, settings))
    if desk.as_json:
        desk.print_json([asdict(finding) for finding in findings])
    else:
        _show(desk, findings)
    states = {finding.state for finding in findings}
    return NOT_REACHABLE if "unreachable" in states else WRONG if "wrong" in states else 0


def _show(desk: Desk, findings: list[Finding]) -> None:
    shown = table("service", "", "what", "what to do")
    for finding in findings:
        shown.add_row(
            cell(finding.service), cell(finding.state, STYLE[finding.state]), cell(finding.what), cell(finding.detail)
        )
    desk.out.print(shown)
