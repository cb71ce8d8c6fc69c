"""`python -m tests.apps [--app NAME] [--rows N] [--keep] [--json]`: real applications, retold and judged."""

import asyncio
import json
import logging
import sys
from dataclasses import asdict
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from shared.core.errors import RetoldError, Unavailable
from tests.apps.running import APPLICATIONS, Outcome, Wishes, run

OK, ERROR, ROWS_WRONG, NOT_REACHABLE, INTERRUPTED = 0, 1, 3, 4, 130


def main(
    app: Annotated[
        list[str] | None, typer.Option(help=f"Only this: {', '.join(APPLICATIONS)}. May be repeated.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=200, help="How many rows to retell.")] = 10,
    keep: Annotated[bool, typer.Option("--keep", help="Keep each run's folder: database, recording, files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output, no progress.")] = False,
) -> None:
    """Use real applications by hand once, retell that over a table, and ask each application's own database."""
    unknown = [name for name in app or () if name not in APPLICATIONS]
    if unknown:
        raise typer.BadParameter(f"there is no {unknown[0]!r}; there is: {', '.join(APPLICATIONS)}", param_hint="--app")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # what is said here
    logging.disable(logging.CRITICAL)
    notes = Console(stderr=True, highlight=False)
    try:
        outcomes = asyncio.run(_all(app or list(APPLICATIONS), Wishes(rows, keep), None if as_json else notes))
    except RetoldError as failure:
        notes.print(failure.detail, markup=False, soft_wrap=True)
        raise typer.Exit(NOT_REACHABLE if isinstance(failure, Unavailable) else ERROR) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        told = {outcome.name: {**asdict(outcome), "good": outcome.is_good} for outcome in outcomes}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _show(outcomes, notes)
    raise typer.Exit(OK if all(outcome.is_good for outcome in outcomes) else ROWS_WRONG)


async def _all(names: list[str], wishes: Wishes, notes: Console | None) -> list[Outcome]:
    """Application after application."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    outcomes = []
    with Progress(*columns, console=notes, disable=notes is None, transient=True) as progress:
        for name in names:
            line = progress.add_task(name)

            def tell(text: str, name: str = name, line: TaskID = line) -> None:
                progress.update(line, description=f"{name}: {text}")

            outcomes.append(await run(name, wishes, tell))
            progress.remove_task(line)
    return outcomes


def _show(outcomes: list[Outcome], notes: Console) -> None:
    shown = Table("application", "steps", "rows", "ok", "failed", "seconds", "its own database")
    for one in outcomes:
        figures = (one.steps, one.rows, one.successful, one.failed, one.seconds)
        verdict = "[red]not as it should be[/red]" if one.differences else "[green]every row exactly once[/green]"
        shown.add_row(APPLICATIONS[one.name].says, *map(str, figures), verdict)
    Console().print(shown)
    for one in outcomes:
        for sentence in (*one.errors, *one.differences):
            notes.print(f"{one.name}: {sentence}", markup=False, soft_wrap=True)
        if one.folder:
            notes.print(f"{one.name}: kept in {one.folder}", soft_wrap=True)


if __name__ == "__main__":
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    program.command()(main)
    program()
