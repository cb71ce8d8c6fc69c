"""Steps that wait for something to become true. They are assertions: never healed."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from services.runner.adapters.faults import DocumentGone, DriverFailure, StepFailed
from services.runner.adapters.locating import frame_of, request_for
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

OPERATORS = (">=", "==", "<=")
LOOK_AGAIN_SECONDS = 0.1
FINAL_ERRORS = ("SyntaxError",)


def _wait_ms(doing: "Performance") -> int:
    own = doing.step.metadata.get("timeout")
    given = round(own) if isinstance(own, int | float) and not isinstance(own, bool) else doing.options.wait_timeout
    return min(given, doing.options.step_timeout)


def _condition(doing: "Performance") -> dict[str, Any]:
    given = doing.step.metadata.get("condition")
    condition = {key: value for key, value in given.items() if value is not None} if isinstance(given, dict) else {}
    operator, count = condition.setdefault("operator", ">="), condition.setdefault("count", 1)
    if operator not in OPERATORS or not isinstance(count, int) or count < 0:
        raise StepFailed("invalid_step", "metadata.condition needs an operator of >=, ==, <= and a whole count")
    return condition


async def wait_for_element(doing: "Performance") -> None:
    """Waits until as many elements as recorded are there, and are as recorded."""
    step, condition = doing.step, _condition(doing)
    if not has_element(step):
        raise StepFailed("invalid_step", "the step names no element to wait for")
    deadline = time.monotonic() + _wait_ms(doing) / 1000
    tab, root = await doing.session.page_for(step, doing.options.wait_timeout)
    while True:
        frame = await frame_of(step, tab, root, deadline)
        request = {**request_for(step, doing.event, deadline - time.monotonic(), doing.options), "condition": condition}
        try:
            answer = await tab.ask(frame, "(engine, request) => engine.awaitCount(request)", request)
            break
        except DocumentGone:
            if time.monotonic() >= deadline:
                raise
    if not answer["held"]:
        wanted = f"{condition['operator']} {condition['count']}"
        raise StepFailed(
            "assertion_failed", f"{answer['count']} elements are as recorded, {wanted} were expected{_asked(condition)}"
        )


def _asked(condition: dict[str, Any]) -> str:
    asked = [name for name in ("attributes", "properties") if condition.get(name)]
    if "visible" in condition:
        asked.insert(0, "visible" if condition["visible"] else "hidden")
    return f" ({', '.join(asked)})" if asked else ""


async def wait_for_expression(doing: "Performance") -> None:
    """Waits until a JavaScript expression becomes truthy in the page."""
    expression = doing.step.metadata.get("expression") or doing.step.value
    if not isinstance(expression, str) or not expression.strip():
        raise StepFailed("invalid_step", "the step has no expression (metadata.expression)")
    timeout = _wait_ms(doing)
    deadline = time.monotonic() + timeout / 1000
    complaint = ""
    tab, root = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    while True:
        left = deadline - time.monotonic()
        try:
            frame = await frame_of(doing.step, tab, root, deadline)
            if await asyncio.wait_for(tab.evaluate(frame, expression), max(left, 0.05)):
                return
        except TimeoutError:
            pass
        except DriverFailure as error:
            tab.fail_if_gone()
            complaint = str(error)[:200]
            if any(word in complaint for word in FINAL_ERRORS):
                raise StepFailed("script_error", f"its expression cannot be read: {complaint}") from None
        if time.monotonic() >= deadline:
            said = f" (last complaint: {complaint})" if complaint else ""
            raise StepFailed(
                "assertion_failed", f"its expression did not become true within {timeout / 1000:g} s{said}"
            )
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
