"""One application from end to end: used by hand once, retold over a table, judged by its own database."""

import asyncio
import csv
import io
import json
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from services.healer.main import BLUEPRINT as HEALER
from services.ingest.main import BLUEPRINT as INGEST
from services.runner.main import BLUEPRINT as RUNNER
from services.scheduler.main import BLUEPRINT as SCHEDULER
from shared.chromium import NONE_FOUND, find_chromium
from shared.core.errors import RetoldError, Unavailable
from shared.testing.platform import Platform
from tests.apps.application import Application, Row
from tests.apps.directus.application import Directus
from tests.apps.pgadmin.application import PgAdmin
from tests.apps.recording import Recorder
from tests.apps.wagtail.application import Wagtail

APPLICATIONS: dict[str, type[Application]] = {each.name: each for each in (Wagtail, Directus, PgAdmin)}
SLOTS = 2
WAIT_MS = 15_000  # these applications are heavy, and share the machine with the browser
PATIENCE_MS = 15_000  # of the person who records

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """How many rows are retold, and whether the folder of the run is kept."""

    rows: int = 10
    keep: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one application. `differences` are sentences about its database; seconds are wall time."""

    name: str
    rows: int
    steps: int = 0
    successful: int = 0
    failed: int = 0
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    found_by: dict[str, dict[str, int]] = field(default_factory=dict)
    folder: str | None = None

    @property
    def is_good(self) -> bool:
        """Every row ran, and the application's own database holds each exactly once."""
        return self.successful == self.rows and not self.differences


async def run(name: str, wishes: Wishes, tell: Tell) -> Outcome:
    """Everything for one application. Raises `Unavailable` where it cannot be installed or does not start."""
    _end_when_told()
    async with AsyncExitStack() as exits:
        folder = Path(tempfile.mkdtemp(prefix=f"retold-apps-{name}-"))
        if not wishes.keep:
            exits.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "application").mkdir()
        tell("installing and starting")
        application = await exits.enter_async_context(APPLICATIONS[name](folder / "application"))
        tell("recording")
        first, *rows = application.rows(wishes.rows + 1)
        recording = await record(application, first, folder)
        if wrong := application.differences([first]):
            raise RetoldError(f"{application.says}: using it by hand did not do what it should: {'; '.join(wrong)}")
        tell("starting the platform")
        overrides = {"slots": SLOTS, "metrics_seconds": 1}
        services = (INGEST, SCHEDULER, RUNNER, HEALER)
        platform = await exits.enter_async_context(Platform(folder / "home", services, overrides=overrides))
        _end_when_told()  # the services listen for the same signals, and would end without us
        tell(f"retelling {len(rows)} rows")
        outcome = await retell(application, recording, rows, platform)
        differences = application.differences([first, *rows])
        kept = str(folder) if wishes.keep else None
        return Outcome(**{**outcome, "differences": differences, "folder": kept, "name": name})


async def record(application: Application, row: Row, folder: Path) -> dict[str, Any]:
    """Use the application by hand once; the canonical recording of that, with a picture of the end beside it."""
    browser = find_chromium()
    if browser is None:
        raise Unavailable(NONE_FOUND)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=str(browser.path), args=browser.arguments())
        page = await running.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(PATIENCE_MS)
        person = Recorder(page)
        try:
            await application.use(person, row)
        finally:
            await page.screenshot(path=folder / "recorded.png")
            (folder / "recording.json").write_text(json.dumps(person.document(application.says), indent=1))
            await running.close()
    return person.document(application.says)


async def retell(
    application: Application, recording: dict[str, Any], rows: Sequence[Row], platform: Platform
) -> dict[str, Any]:
    """Run the recording over the rows; the figures of an `Outcome`."""
    began = time.monotonic()
    imported = await platform.import_recording(recording)
    job = await platform.run_job(imported["id"], table(rows), concurrency=SLOTS, options={"wait_timeout": WAIT_MS})
    results = await platform.results(job["id"])
    found: dict[str, dict[str, int]] = {}
    for step in (step for row in results for step in row["step_results"] if step.get("foundBy")):
        ways = found.setdefault(str(step["stepNumber"]), {})
        ways[step["foundBy"]] = ways.get(step["foundBy"], 0) + 1
    return {
        "rows": len(rows),
        "steps": len(recording["steps"]),
        "successful": sum(row["status"] == "success" for row in results),
        "failed": sum(row["status"] == "failed" for row in results),
        "seconds": round(time.monotonic() - began, 1),
        "errors": [f"row {row['row_index']}: {row['error_message']}" for row in results if row["status"] == "failed"],
        "found_by": found,
    }


def table(rows: Sequence[Row]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _end_when_told() -> None:
    """Ctrl-C and SIGTERM end all of this, and everything it has started."""
    task = asyncio.current_task()
    assert task is not None
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, task.cancel)
