"""`python -m tests.benchmarks.heal`: learns the ranking's weights from the development set, prints or writes them."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import shared.injected
from shared.core.errors import RetoldError
from tests.benchmarks.heal.node import VARIABLE, ask, data_folder

WEIGHTS = Path(shared.injected.__file__).with_name("weights.json")


def main(
    data: Annotated[Path | None, typer.Option(envvar=VARIABLE, help="Folder of the development set.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Into shared/injected/weights.json.")] = False,
) -> None:
    """Learns from all sites; what that is worth on others, `./dev bench heal --only pages` says."""
    notes = Console(stderr=True)
    try:
        learned = asyncio.run(ask(data_folder(data), lambda text: notes.print(text, markup=False), "train"))["weights"]
    except RetoldError as failure:
        notes.print(failure.detail, markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    kept: dict[str, Any] = json.loads(WEIGHTS.read_text("utf-8"))
    text = json.dumps({**kept, **learned}, indent=1, ensure_ascii=False) + "\n"
    if write:
        WEIGHTS.write_text(text)
        notes.print(f"written to {WEIGHTS}", soft_wrap=True)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    typer.run(main)
