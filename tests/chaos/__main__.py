"""`python -m tests.chaos --seed N --seconds S [--scenario NAME] [--json]`: trouble on purpose, then the questions."""

import argparse
import asyncio
import json
import logging
import secrets
import signal
import sys
from dataclasses import asdict

import structlog
from rich.console import Console

from shared.ops.logging import configure_logging
from tests.chaos import disks
from tests.chaos.running import SCENARIOS, Wishes, run
from tests.chaos.timeline import Timeline


def main() -> int:
    """Exit code 0 when everything holds, 1 when not, 2 for a wrong argument."""
    parser = argparse.ArgumentParser(prog="./dev chaos", description="Kill, stop, cut, repeat, fill; then check.")
    parser.add_argument("--seed", type=int, help="which run; drawn when absent")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long trouble lasts (60)")
    parser.add_argument("--scenario", choices=SCENARIOS, default="everything", help="which kind of trouble")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    given = parser.parse_args()
    wishes = Wishes(given.scenario, secrets.randbelow(100_000) if given.seed is None else given.seed, given.seconds)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if wishes.scenario == "full-disk" and (reason := disks.why_not()):
        console.print(f"no disk can be filled here: {reason}; skipped")
        return 0
    configure_logging("text")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # what is said here
    logging.disable(logging.CRITICAL)
    timeline = Timeline(None if given.json else console)
    console.print(f"[dim]{wishes.command}[/dim]")
    asyncio.run(_until_stopped(wishes, timeline))
    if given.json:
        told = {**asdict(wishes), "clean": timeline.is_clean, "checks": timeline.checks, "notes": timeline.notes}
        print(json.dumps(told, default=asdict))  # noqa: T201 - the result
    if timeline.is_clean:
        console.print(f"[green]everything holds[/green], {timeline.elapsed:.0f} s")
        return 0
    console.print(f"[red]not everything holds[/red]; to run it again: {wishes.command}")
    return 1


async def _until_stopped(wishes: Wishes, timeline: Timeline) -> None:
    """SIGTERM ends it as Ctrl-C does: with everything that was started."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await run(wishes, timeline)


if __name__ == "__main__":
    sys.exit(main())
