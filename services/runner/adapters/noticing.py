"""Movements of the pointer that a recorder noticed on the way: done where they can be done, never a reason to fail."""

from typing import TYPE_CHECKING

from services.runner.adapters.faults import StepFailed
from services.runner.adapters.locating import Located
from services.runner.adapters.pointer import take_aim
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

LEFT_OUT = frozenset({"not_found", "ambiguous", "not_visible", "covered", "disabled"})
# A point of the frame's viewport beside the element; none where it leaves no room.
BESIDE = """(engine) => {
  const GAP = 3; // px
  if (!engine.element || !engine.element.isConnected) return null;
  const box = engine.element.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const points = [[box.left - GAP, y], [box.right + GAP, y], [x, box.top - GAP], [x, box.bottom + GAP]];
  const point = points.find(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
  return point ? { x: point[0], y: point[1] } : null;
}"""


async def enter(doing: "Performance") -> None:
    """The pointer comes over the element."""
    located = await _found(doing)
    if located is not None:
        await _over(doing, located)


async def move(doing: "Performance") -> None:
    """The pointer moves to the recorded point, of the element if there is one."""
    step = doing.step
    if has_element(step):
        await enter(doing)
        return
    if step.x is None or step.y is None:
        _leave_out(doing, "no point was recorded")
        return
    tab, _ = await doing.session.page_for(step, doing.options.wait_timeout)
    width, height = tab.viewport
    if 0 <= step.x < width and 0 <= step.y < height:
        await tab.move(step.x, step.y)
    else:
        _leave_out(doing, "the point is outside of the window")


async def leave(doing: "Performance") -> None:
    """The pointer goes out of the element, by the shortest way."""
    located = await _found(doing)
    if located is None:
        return
    left, top = await located.tab.place_of(located.frame)
    point = await located.ask(BESIDE)
    if point is None:
        _leave_out(doing, "there is no room beside its element")
    else:
        await located.tab.move(left + point["x"], top + point["y"])


async def _over(doing: "Performance", located: Located) -> None:
    try:
        aim = await take_aim(doing, located)
    except StepFailed as failure:
        _leave_out(doing, failure.detail)
    else:
        await located.tab.move(aim.x, aim.y)


async def _found(doing: "Performance") -> Located | None:
    """The element if it is there now: nobody waited for it when it was recorded."""
    try:
        return await doing.locate(event="mouse_move", timeout=0)
    except StepFailed as failure:
        if failure.error_type not in LEFT_OUT:
            raise
        _leave_out(doing, failure.detail)
        return None


def _leave_out(doing: "Performance", why: str) -> None:
    doing.status, doing.message = "skipped", f"Skipped, {why}: the pointer only passed by here."
