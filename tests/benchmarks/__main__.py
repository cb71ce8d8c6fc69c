"""`python -m tests.benchmarks engine|replay|heal|record|live`: measures, prints, writes build/bench/NAME.json."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shared.core.errors import RetoldError, Unavailable
from shared.ops.logging import configure_logging
from tests.benchmarks import figures, scale
from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.heal import rows as heal_rows
from tests.benchmarks.heal.node import VARIABLE
from tests.benchmarks.heal.ranking import show
from tests.benchmarks.live import rows as live_rows
from tests.benchmarks.peers import missing
from tests.benchmarks.record import rows as record_rows
from tests.benchmarks.replay import entrants
from tests.benchmarks.replay import rows as replay_rows
from tests.benchmarks.replay import scale as replay_scale
from tests.benchmarks.replay.arena import open_arena
from tests.benchmarks.rows import ROWS

OK, ERROR, NOT_REACHABLE, INTERRUPTED = 0, 1, 4, 130

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, no progress.")]
Quick = Annotated[bool, typer.Option("--quick", help="Much less of everything: a minute or two, less exact.")]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def benchmarks() -> None:
    """How fast Retold is, beside others that do the same, on this machine."""


@app.command()
def engine(
    as_json: Json = False,
    quick: Quick = False,
    only: Annotated[list[str] | None, typer.Option(help=f"Only this: {', '.join(ROWS)}. May be repeated.")] = None,
) -> None:
    """The event engine: appends, read models, dispatch, latency, memory. Nothing else should run meanwhile."""
    names = _known(only, ROWS)
    notes = Console(stderr=True)
    if missing():
        notes.print(f"not measured, because not installed: {', '.join(missing())} (infra/locks/bench.lock)")
    chosen = scale.QUICK if quick else scale.FULL
    rows = {name: partial(ROWS[name], chosen) for name in names}
    found = _finish(_measure(rows, None if as_json else notes), notes)
    figures.report(found, figures.ENGINE, as_json=as_json)


@app.command()
def replay(
    as_json: Json = False,
    quick: Quick = False,
    rows: Annotated[int, typer.Option(min=0, help="Rows of the long run, with --only endurance or beside all.")] = 0,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this: {', '.join(replay_rows.ROWS)}. May be repeated.")
    ] = None,
) -> None:
    """Rows in a real browser: steps, CPU, memory, rows a second, healing. Nothing else should run meanwhile."""
    names = _known(only, replay_rows.ROWS)
    notes = Console(stderr=True)
    for line in entrants.present()[1]:
        notes.print(f"not measured: {line}", highlight=False, soft_wrap=True)
    chosen = replace(replay_scale.QUICK if quick else replay_scale.FULL, endured=rows)
    found = _finish(_measure_replay(names, chosen, None if as_json else notes), notes)
    figures.report(found, figures.REPLAY, as_json=as_json)


@app.command()
def heal(
    as_json: Json = False,
    quick: Quick = False,
    data: Annotated[
        Path | None, typer.Option(envvar=VARIABLE, help="Folder of pages to heal on, a file a site.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this: {', '.join(heal_rows.ROWS)}. May be repeated.")
    ] = None,
) -> None:
    """What is found again after a page has changed, what is not, and what is mistaken; beside what others do."""
    names = _known(only, heal_rows.ROWS)
    notes = Console(stderr=True)
    if not only and data is None:
        names.remove("pages")
        notes.print(f"not measured: pages, because no folder is named by --data or {VARIABLE}", highlight=False)
    asked = heal_rows.Asked(data, quick, [])
    rows = {name: partial(heal_rows.ROWS[name], asked) for name in names}
    found = _finish(_measure(rows, None if as_json else notes), notes)
    if not as_json:
        show(asked.tables)
    figures.report(found, heal_rows.HEAL, as_json=as_json)


@app.command()
def record(as_json: Json = False, quick: Quick = False) -> None:
    """What an input event costs in a page that is recorded, and in the same that is not."""
    notes = Console(stderr=True)
    chosen = record_rows.QUICK if quick else record_rows.FULL
    rows = {name: partial(row, chosen) for name, row in record_rows.ROWS.items()}
    found = _finish(_measure(rows, None if as_json else notes), notes)
    figures.report(found, record_rows.RECORD, as_json=as_json)


@app.command()
def live(as_json: Json = False, quick: Quick = False) -> None:
    """From a key in the page of a recording session to the frame that shows what it did."""
    notes = Console(stderr=True)
    chosen = live_rows.QUICK if quick else live_rows.FULL
    rows = {name: partial(row, chosen) for name, row in live_rows.ROWS.items()}
    found = _finish(_measure(rows, None if as_json else notes), notes)
    figures.report(found, live_rows.LIVE, as_json=as_json)


def _known(only: list[str] | None, rows: Mapping[str, Any]) -> list[str]:
    """The rows that were asked for; all when none was."""
    unknown = [name for name in only or () if name not in rows]
    if unknown:
        raise typer.BadParameter(f"there is no {unknown[0]!r}; there is: {', '.join(rows)}", param_hint="--only")
    return only or list(rows)


def _finish(measuring: Coroutine[Any, Any, list[Figure]], notes: Console) -> list[Figure]:
    configure_logging("text", level=30)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with us, however we are ended
    try:
        return asyncio.run(measuring)
    except RetoldError as failure:
        notes.print(failure.detail, markup=False, soft_wrap=True)
        raise typer.Exit(NOT_REACHABLE if isinstance(failure, Unavailable) else ERROR) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


async def _measure_replay(names: Iterable[str], chosen: replay_scale.Scale, notes: Console | None) -> list[Figure]:
    async with open_arena() as arena:
        return await _measure({name: partial(replay_rows.ROWS[name], arena, chosen) for name in names}, notes)


async def _measure(
    rows: Mapping[str, Callable[[Tell], Awaitable[list[Figure]]]], notes: Console | None
) -> list[Figure]:
    """Row after row; with `notes` it shows there how far it is."""
    found: list[Figure] = []
    columns = (SpinnerColumn(), BarColumn(20), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=notes, disable=notes is None, transient=True) as progress:
        task = progress.add_task("", total=len(rows))
        for name, row in rows.items():
            began = time.monotonic()

            def tell(text: str, name: str = name) -> None:
                progress.update(task, description=f"{name}: {text}")

            tell("starting")
            found += await row(tell)
            progress.advance(task)
            if notes is not None:
                notes.print(f"{name} measured in {time.monotonic() - began:.0f} s", highlight=False)
    return found


if __name__ == "__main__":
    app()
