"""Pictures and prints of a page, its scripts, and waiting for nothing but time."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from services.runner.adapters.asserting import name_of
from services.runner.adapters.faults import DocumentGone, DriverError, StepFailed
from services.runner.adapters.locating import frame_of
from services.runner.adapters.options import Artifact
from services.runner.adapters.row_files import safe_name
from services.runner.policies import pause_of, with_taken
from shared.core.errors import InvalidInput

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance


async def screenshot(doing: "Performance") -> None:
    """Keeps a picture of the view, or of the whole page."""
    whole = doing.step.metadata.get("wholePage") is True
    await doing.session.page_for(doing.step, doing.options.wait_timeout)
    content = await doing.session.screenshot(whole_page=whole)
    await _keep(doing, Artifact("screenshot", _name(doing, "screenshot", "jpg"), content, "image/jpeg"))


async def pdf(doing: "Performance") -> None:
    """Keeps the page as it would be printed."""
    content = await doing.session.pdf()
    await _keep(doing, Artifact("pdf", _name(doing, "page", "pdf"), content, "application/pdf"))


def _name(doing: "Performance", usual: str, suffix: str) -> str:
    given = doing.step.metadata.get("name")
    name = given if isinstance(given, str) and given else f"{usual}-{doing.step.step_number}"
    return safe_name(doing.session.scrub(name.removesuffix(f".{suffix}")) + f".{suffix}")


async def _keep(doing: "Performance", artifact: Artifact) -> None:
    kept = Artifact(artifact.kind, artifact.name, artifact.content, artifact.media_type, doing.step.step_number)
    await doing.hooks.artifact(kept)
    doing.message = f"Kept {artifact.name!r}."


async def run_script(doing: "Performance") -> None:
    """Runs a script of the recording in the page's own world; what it returns may be taken as a value."""
    script = doing.step.metadata.get("script") or doing.step.value
    if not isinstance(script, str) or not script.strip():
        raise StepFailed("invalid_step", "the step has no script (metadata.script)")
    if doing.step.metadata.get("interpolate") is True:
        script = with_taken(script, doing.options.extracted)
    takes = doing.step.metadata.get("extract")
    name = name_of(takes) if takes is not None else None
    tab, root = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    loop = asyncio.get_running_loop()
    frame = await frame_of(doing.step, tab, root, loop.time() + doing.options.wait_timeout / 1000)
    await doing.intend("run a script")
    mark = doing.mark(tab)
    doing.dispatched = True
    answer: Any = None
    try:
        answer = await tab.evaluate(frame, f"(async () => {{\n{script}\n}})()")
    except DocumentGone:
        if name is not None:
            raise StepFailed("script_error", "its script led to another page before it returned anything") from None
    except DriverError as error:
        raise StepFailed("script_error", f"its script failed: {str(error)[:300]}") from error
    if name is not None:
        doing.extract(name, doing.session.scrub(_text(answer)))
    await doing.settle(mark)


def _text(answer: Any) -> str:
    if answer is None:
        return ""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


async def wait(doing: "Performance") -> None:
    """Lets time pass."""
    try:
        duration = pause_of(doing.step, doing.value)
    except InvalidInput as error:
        raise StepFailed("invalid_step", error.detail) from error
    if duration >= doing.options.step_timeout:
        limit = f"{doing.options.step_timeout / 1000:g} s"
        raise StepFailed("invalid_step", f"it waits longer than a step may take ({limit}); raise step_timeout")
    await asyncio.sleep(duration / 1000)
