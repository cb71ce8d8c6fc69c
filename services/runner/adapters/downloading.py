"""Downloads that a step sets off: waited for, and kept with the row's result."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from services.runner.adapters.driver import until
from services.runner.adapters.driver_terms import Download
from services.runner.adapters.faults import StepFailed
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance


def sets_off(doing: "Performance") -> bool:
    """Whether the step itself is to set off a download; one that names no element waits for an earlier step's."""
    if doing.event == "download":
        return has_element(doing.step)
    return doing.step.metadata.get("download") is True or doing.step.navigation.type == "download"


async def around(doing: "Performance", act: Callable[[], Awaitable[None]]) -> None:
    """Does the step, and keeps the download that it sets off. Raises `StepFailed` where there is none."""
    earlier = doing.session.happenings.take_downloads()
    await act()
    try:
        await keep_next(doing)
    finally:
        doing.session.happenings.give_back(earlier)


async def keep_next(doing: "Performance") -> None:
    """Waits for a download that has not been kept, and keeps it. Raises `StepFailed` where there is none."""
    began: list[Download] = []

    def has_begun() -> bool:
        download = doing.session.happenings.take_download()
        began.extend([download] if download else [])
        return bool(began)

    seconds = doing.options.wait_timeout / 1000
    if not await until(has_begun, seconds):
        raise StepFailed("timeout", f"no download began within {seconds:g} s")
    digest = await doing.session.keep_download(began[0], doing.hooks, doing.step.step_number)
    doing.message = f"Kept {began[0].name[:80]!r} ({digest[:12]})." if digest else f"Got {began[0].name[:80]!r}."
    doing.led_on = True  # what the step set off has come
