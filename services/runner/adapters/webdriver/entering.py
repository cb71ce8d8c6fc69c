"""Frames of another site: no script of theirs gets the cursor before a person has pressed there."""

from typing import TYPE_CHECKING, Any

from services.runner.adapters.driver_terms import Press
from services.runner.adapters.webdriver.scripts import asking

if TYPE_CHECKING:
    from services.runner.adapters.webdriver.frames import FrameOf
    from services.runner.adapters.webdriver.tab import WebKitTab

# Gives the middle of the element that was located, in the viewport of its frame, where it is seen then.
MIDDLE = asking("""(engine) => {
  engine.element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const box = engine.element.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}""")


def was_kept_out(frame: "FrameOf", answer: Any) -> bool:
    """Whether the engine's answer says that a field in a frame did not take the cursor."""
    prepared = answer.get("prepared") if isinstance(answer, dict) else None
    return frame.parent is not None and isinstance(prepared, dict) and prepared.get("focused") is False


async def press_element(tab: "WebKitTab", frame: "FrameOf", middle: tuple[float, float]) -> None:
    """Presses the middle of an element of the frame, once it is seen."""
    x, y = middle
    left, top = await tab.place_of(frame, (x, y))
    await tab.press(Press(left + x, top + y))
