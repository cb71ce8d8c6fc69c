"""PURE: what a row's attempt came to, and how it is told in one event that the log takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.runner.adapters.options import LogLevel
from services.runner.aggregates.row_run import Hold
from shared.contracts.recording import Step
from shared.contracts.runner import RowFinished, StepEvidence, StepResult
from shared.contracts.scheduler import RowDispatched
from shared.contracts.steps import event_of

BROKEN_OFF = ("browser_crashed", "timeout")  # of the row as a whole; a step's own time-out tells what was waited for
ENDS_WELL_OR_FOR_GOOD = (None, "cancelled")
STEPS_TOLD, TEXT_TOLD = 400, 300  # of a result that is too large for one message of the log, as it would be


@dataclass(slots=True)
class RowReport:
    """What a run of the steps came to.

    `conclusive`: another attempt would come to the same. `again`: another one must follow, though none is left.
    """

    steps: list[StepResult] = field(default_factory=list)
    total_steps: int = 0
    error_type: str | None = None
    error_message: str | None = None
    failed_step: int | None = None
    screenshot: str | None = None
    browser: str | None = None
    extracted: dict[str, str] | None = None
    conclusive: bool = False
    again: bool = False

    def fail(self, error_type: str | None, message: str | None, step_number: int | None = None) -> None:
        """It failed, at a step or as a whole."""
        self.error_type, self.error_message, self.failed_step = error_type or "failed", message, step_number

    def give_up(self, error_type: str, why: str, step_number: int, *, until: str | None) -> None:
        """The browser was let go before a step. `until`: when the row starts anew; none: what it did stays done."""
        done = f"its steps before {step_number} were done: look at what they came to in the application"
        what = f"the row starts anew {until}" if until else done
        self.fail(error_type, f"{why}; {what}", step_number)
        self.conclusive, self.again = until is None, until is not None

    def doubt(self, intended: int | None) -> None:
        """A row that broke off in the middle, after an intent: as with a lost worker, nobody knows what it came to."""
        if self.error_type in BROKEN_OFF and self.failed_step is None and intended is not None:
            doubt = f"{self.error_message}; step {intended} may have changed something in the application by then"
            self.fail("outcome_unknown", f"{doubt}: look there, then run the row again if it is missing", intended)
            self.conclusive = True

    def show_failure(self, screenshot: str | None, page: str | None) -> None:
        """How the page looked when it failed, by SHA-256."""
        self.screenshot = screenshot
        if self.steps and self.steps[-1].status == "failed":
            step = self.steps[-1]
            seen = step.evidence or StepEvidence()
            seen = seen.model_copy(update={"screenshot_error": screenshot, "dom_snapshot": page})
            self.steps[-1] = step.model_copy(update={"evidence": seen})

    def finished(self, dispatched: RowDispatched, hold: Hold, duration: int) -> RowFinished:
        """The event; `duration` in milliseconds."""
        over = self.conclusive or self.error_type in ENDS_WELL_OR_FOR_GOOD or dispatched.attempt >= dispatched.attempts
        return RowFinished(
            job_id=dispatched.job_id,
            row=dispatched.row,
            attempt=dispatched.attempt,
            worker_id=hold.worker_id,
            status="success" if self.error_type is None else "failed",
            final=over and not self.again,
            duration=duration,
            steps=self.steps,
            error_type=self.error_type,
            error_message=self.error_message,
            failed_step=self.failed_step,
            screenshot=self.screenshot,
            extracted=self.extracted or None,
            total_steps=self.total_steps,
            browser=self.browser,
        )


def line_of(step: Step, result: StepResult) -> tuple[LogLevel, str]:
    """How a step is told of in the row's log."""
    name = f"step {step.step_number} {event_of(step)}" + (f" “{step.label}”" if step.label else "")
    if result.status == "failed":
        return "error", result.error or f"{name} failed"
    found = f", found by {result.strategy}" if result.strategy else ""
    notes = "".join(f" ({said})" for said in (result.message, result.warning) if said)
    level: LogLevel = "warn" if result.found_by == "healed" or result.warning else "info"
    return level, f"{name}: {result.status} in {result.duration} ms{found}{notes}"


def lighter(finished: RowFinished) -> Iterator[RowFinished]:
    """The same result with less and less beside it, for when the log does not take it."""
    bare = [step.model_copy(update={"evidence": _without_logs(step.evidence)}) for step in finished.steps]
    yield finished.model_copy(update={"steps": bare})
    plain = [step.model_copy(update={"evidence": None, "message": None}) for step in finished.steps]
    yield finished.model_copy(update={"steps": plain})
    cut = {name: value[:TEXT_TOLD] for name, value in list((finished.extracted or {}).items())[:STEPS_TOLD]}
    yield finished.model_copy(
        update={
            "steps": _ends(plain),
            "extracted": cut or None,
            "error_message": finished.error_message and finished.error_message[:TEXT_TOLD],
        }
    )


def _without_logs(evidence: StepEvidence | None) -> StepEvidence | None:
    if evidence is None:
        return None
    nothing: dict[str, list[str]] = {"network": [], "console": [], "fallbacks_attempted": [], "suggested_selectors": []}
    return evidence.model_copy(update=nothing)


def _ends(steps: Sequence[StepResult]) -> list[StepResult]:
    """The first and the last of very many steps, their texts cut."""
    kept = steps if len(steps) <= STEPS_TOLD else [*steps[: STEPS_TOLD // 2], *steps[-STEPS_TOLD // 2 :]]
    return [step.model_copy(update={"error": step.error and step.error[:TEXT_TOLD], "warning": None}) for step in kept]
