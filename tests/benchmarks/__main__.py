"""`python -m tests.benchmarks engine`: measures, prints a table (or JSON), and writes build/bench/engine.json."""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shared.core.errors import RetoldError, Unavailable
from shared.ops.logging import configure_logging
from tests.benchmarks import figures
from tests.benchmarks.figures import Figure
from tests.benchmarks.peers import missing
from tests.benchmarks.rows import ROWS
from tests.benchmarks.scale import FULL, QUICK, Scale

OK, ERROR, NOT_REACHABLE, INTERRUPTED = 0, 1, 4, 130

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def benchmarks() -> None:
    """How fast Retold is, beside others that do the same, on this machine."""


@app.command()
def engine(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output, no progress.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of everything: a minute or two, less exact.")] = False,
    only: Annotated[list[str] | None, typer.Option(help=f"Only this: {', '.join(ROWS)}. May be repeated.")] = None,
) -> None:
    """The event engine: appends, read models, dispatch, latency, memory. Nothing else should run meanwhile."""
    unknown = [name for name in only or () if name not in ROWS]
    if unknown:
        raise typer.BadParameter(f"there is no {unknown[0]!r}; there is: {', '.join(ROWS)}", param_hint="--only")
    configure_logging("text", level=30)
    notes = Console(stderr=True)
    if missing():
        notes.print(f"not measured, because not installed: {', '.join(missing())} (infra/locks/bench.lock)")
    try:
        found = asyncio.run(_measure(only or list(ROWS), QUICK if quick else FULL, None if as_json else notes))
    except RetoldError as failure:
        notes.print(failure.detail, markup=False, soft_wrap=True)
        raise typer.Exit(NOT_REACHABLE if isinstance(failure, Unavailable) else ERROR) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    figures.write(found)
    if as_json:
        sys.stdout.write(figures.as_json(found) + "\n")
    else:
        Console().print(figures.as_table(found))
        notes.print(f"written to {figures.FILE}", soft_wrap=True)


async def _measure(names: Sequence[str], scale: Scale, notes: Console | None) -> list[Figure]:
    """Row after row; with `notes` it shows there how far it is."""
    found: list[Figure] = []
    columns = (SpinnerColumn(), BarColumn(20), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=notes, disable=notes is None, transient=True) as progress:
        task = progress.add_task("", total=len(names))
        for name in names:
            began = time.monotonic()

            def tell(text: str, name: str = name) -> None:
                progress.update(task, description=f"{name}: {text}")

            tell("starting")
            found += await ROWS[name](scale, tell)
            progress.advance(task)
            if notes is not None:
                notes.print(f"{name} measured in {time.monotonic() - began:.0f} s", highlight=False)
    return found


if __name__ == "__main__":
    app()
