"""Dialogs of the page's scripts: they were answered when they opened; here it is checked that they did."""

from typing import TYPE_CHECKING, Any

from services.runner.adapters.driver import until
from services.runner.adapters.faults import StepFailed

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance


async def dialog(doing: "Performance") -> None:
    """The dialog that the step before opened has come, and said what it said when it was recorded."""
    given = doing.step.metadata.get("dialog")
    recorded: dict[str, Any] = given if isinstance(given, dict) else {}
    if recorded.get("kind") == "beforeunload":
        return  # browsers ask it only where they think that somebody is there
    unmet = doing.session.happenings.unmet
    seconds = doing.options.wait_timeout / 1000
    if not await until(lambda: bool(unmet), seconds):
        raise StepFailed("assertion_failed", f"no dialog came within {seconds:g} s, as one did when it was recorded")
    said, wanted = unmet.popleft().message, recorded.get("message")
    if isinstance(wanted, str) and " ".join(said.split()) != " ".join(wanted.split()):
        raise StepFailed("assertion_failed", f'the dialog said "{said[:200]}", and not "{wanted[:200]}"')
