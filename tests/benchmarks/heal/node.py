"""Asks measure.js what every method answers on the development set."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright._impl._driver import compute_driver_executable

from shared import injected
from shared.core.errors import InvalidInput

SCRIPT = Path(__file__).with_name("measure.js")
VARIABLE = "RETOLD_LOCATOR_DATA"
THRESHOLD = 80  # per cent: what a step heals at unless it says otherwise


def data_folder(given: Path | None) -> Path:
    """The folder of the development set, which is no part of this project.

    Raises `InvalidInput` when none is named or there is nothing in it.
    """
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        raise InvalidInput(
            f"No pages to measure on: name their folder by --data or {VARIABLE} (docs/reference/healing.md)."
        )
    if not any(named.glob("*.json")):
        raise InvalidInput(
            f"There are no pages in {named}: one JSON file a site is looked for (docs/reference/healing.md)."
        )
    return named


async def ask(folder: Path, tell: Callable[[str], None], only: str = "") -> dict[str, Any]:
    """What measure.js finds out: `{methods, preparation}`, or `{weights}` for `only="train"`."""
    question = {
        "ranking": injected.ranking(),
        "weights": injected.weights(),
        "folder": str(folder),
        "threshold": THRESHOLD,
        "only": only,
    }
    async with _node() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(question).encode())
        process.stdin.close()
        said, answer = await asyncio.gather(_pass_on(process.stderr, tell), process.stdout.read())
        if await process.wait():
            raise InvalidInput(f"The pages in {folder} could not be measured: {said}")
    found: dict[str, Any] = json.loads(answer)
    return found


@asynccontextmanager
async def _node() -> AsyncIterator[asyncio.subprocess.Process]:
    """The one that is installed, else the one that the browser's driver brought. Ends with us, however we end."""
    node = shutil.which("node") or compute_driver_executable()[0]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, SCRIPT, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _pass_on(lines: asyncio.StreamReader, tell: Callable[[str], None]) -> str:
    """Tells each line; the line that names an error, else the last."""
    said = ""
    async for line in lines:
        text = line.decode(errors="replace").strip()
        if text:
            said = said if "Error: " in said else text
            tell(text)
    return said
