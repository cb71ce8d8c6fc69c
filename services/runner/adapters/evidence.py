"""What a step tells beside its result, for whoever looks into a failure: document D's evidence."""

from typing import TYPE_CHECKING, Any

from services.runner.adapters.faults import StepFailed, place
from services.runner.adapters.options import Artifact
from shared.contracts.runner import StepEvidence

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

PAGE_REASONS = frozenset({"ambiguous", "not_visible", "disabled", "covered"})  # the element was there
TELLING = frozenset({"healed", "cached"})


async def picture(doing: "Performance", when: str) -> str | None:
    """A picture before or after the step, kept; its SHA-256. None where the page could not be taken."""
    try:
        content = await doing.session.screenshot()
    except Exception:  # a picture is never worth a step
        return None
    number = doing.step.step_number
    name = f"step-{number}-{when}.jpg"
    return await doing.hooks.artifact(Artifact("screenshot", name, content, "image/jpeg", number))


def of(doing: "Performance", report: dict[str, Any], failure: StepFailed | None) -> StepEvidence | None:
    """Of a step that failed or was healed, or because an option asked for it; else nothing."""
    options, session = doing.options, doing.session
    logged = options.console_log or options.network_log
    wanted = options.evidence or logged or options.screenshot_before or options.screenshot_after
    if failure is None and not wanted and report.get("foundBy") not in TELLING:
        return None
    there = report.get("reason") in PAGE_REASONS if report and not report.get("found") else None
    happenings = session.happenings
    tab = session.front if session.open_tabs else None
    evidence = StepEvidence(
        page_url=place(tab.url) if tab else None,
        selector_used=report.get("selector"),
        fallbacks_attempted=report.get("tried", []),
        suggested_selectors=[one["selector"] for one in doing.healing.rivals],
        element_visible=(report["reason"] != "not_visible") if there else None,
        element_enabled=(report["reason"] != "disabled") if there else None,
        wait_ms=round(report["ms"]) if "ms" in report else None,
        dom_ready_ms=tab.dom_ready_ms if tab else None,
        network_requests=happenings.requests_seen if options.network_log else None,
        network=happenings.told_requests() if options.network_log else [],
        console=happenings.console_lines if options.console_log else [],
        screenshot_before=doing.pictures.get("before"),
        screenshot_after=doing.pictures.get("after"),
    )
    return StepEvidence.model_validate(session.scrubbed(evidence.model_dump()))
