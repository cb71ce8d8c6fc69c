"""What is shown of the elements that may be meant: a picture with marks, and words for a model. No typed value."""

from typing import TYPE_CHECKING, Any

from services.runner.adapters import pictures
from services.runner.adapters.faults import place
from services.runner.adapters.locating import Answer
from services.runner.adapters.options import Artifact

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

LONGEST = 200  # characters of anything that a page or a recording says of an element
TOLD = ("tag", "type", "role", "id", "name", "aria", "label", "placeholder", "alt", "title", "neighbourText")
SHOW = "(engine) => engine.showShortlist()"


async def picture(doing: "Performance", answer: Answer, *, all_of_them: bool) -> bytes | None:
    """A JPEG of the window with the first of the shortlist framed, or cut to all of them, numbered from 1.

    Secrets and password fields are blanked out. None where the browser cannot: a picture is never worth a step.
    """
    try:
        boxes = await answer.tab.ask(answer.frame, SHOW)
        left, top = await answer.tab.place_of(answer.frame)
        shown = [{**box, "x": box["x"] + left, "y": box["y"] + top} for box in boxes]
        content = await doing.session.screenshot(to_mark=answer.tab)
        wanted = shown if all_of_them else shown[:1]
        return await pictures.marked(answer.tab, content, wanted, numbered=all_of_them)
    except Exception:
        return None


async def kept_picture(doing: "Performance", answer: Answer) -> str | None:
    """The SHA-256 of a picture with the stand-in framed, kept with the row."""
    content = await picture(doing, answer, all_of_them=False)
    if content is None:
        return None
    number = doing.step.step_number
    kept = Artifact("screenshot", f"step-{number}-healed.jpg", content, "image/jpeg", number)
    return await doing.hooks.artifact(kept) or None


def candidates(doing: "Performance", shortlist: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the page says of each stand-in, with the number of its mark; text that nobody vouches for."""
    return [doing.session.scrubbed({"mark": each["index"] + 1, **_words(each["record"])}) for each in shortlist]


def target(doing: "Performance") -> dict[str, Any]:
    """What was recorded of the element, and what the step is called."""
    step = doing.step
    bundle = step.bundle.model_dump(mode="json", by_alias=True, exclude_none=True)
    known = {"tag": step.metadata.get("elementTag"), "type": step.metadata.get("elementType")}
    words = {"step": step.label, "selector": step.selector, **_words({**known, **bundle})}
    told: dict[str, Any] = doing.session.scrubbed({key: value for key, value in words.items() if value})
    return told


def _words(record: dict[str, Any]) -> dict[str, Any]:
    said = {key: record.get(key) for key in TOLD}
    said["text"] = record.get("visibleText")
    said["leads_to"] = place(record["href"]) if isinstance(record.get("href"), str) else None
    return {key: value[:LONGEST] for key, value in said.items() if isinstance(value, str) and value}
