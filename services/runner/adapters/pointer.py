"""Actions of the pointer, and others that are done to an element as a whole."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from playwright.async_api import ElementHandle, Position
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.faults import StepFailed, document_gone
from services.runner.adapters.locating import Located, request_for

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

LONGEST_PRESS_MS = 10_000
ACTION_MS = 10_000
AIM = """(engine, [element, offset]) => {
  if (!element.isConnected) return { gone: true };
  const { surface, ...aimed } = engine.aim(element, offset);
  engine.surface = surface;
  return aimed;
}"""

ECHO = "(engine, [element, offset]) => engine.isEcho(element, offset)"


@dataclass(frozen=True, slots=True)
class Aim:
    """Where on which element the pointer acts, from its padding edge, and whether a press may commit something."""

    surface: ElementHandle
    x: float
    y: float
    commits: bool

    @property
    def position(self) -> Position:
        """For Playwright."""
        return {"x": self.x, "y": self.y}


async def take_aim(doing: "Performance", located: Located) -> Aim:
    """A point of the element that nothing covers. Raises a transient `StepFailed` when the page has changed."""
    offset = request_for(doing.step, doing.event, 0, doing.options)["offset"]
    aimed = await located.tab.ask(located.frame, AIM, [located.element, offset])
    if aimed.get("gone"):
        raise StepFailed("not_found", "its element was replaced before it could be used", transient=True)
    if aimed.get("covered"):
        raise StepFailed("covered", f"its element is covered by {aimed['covered']}", transient=True)
    surface = (await located.tab.handle(located.frame, "(engine) => engine.surface")).as_element()
    if surface is None:
        raise StepFailed("not_found", "its element was replaced before it could be used", transient=True)
    return Aim(surface, aimed["x"], aimed["y"], aimed["commits"])


async def press(doing: "Performance", located: Located, *, times: int = 1, quietly: bool = False) -> None:
    """Presses the element, telling the intent first where the press may commit something (unless `quietly`)."""
    aim = await take_aim(doing, located)
    if (aim.commits and not quietly) or doing.leads_elsewhere:
        await doing.intend(f"{doing.event} {located.tag} {located.selector}")
        aim = await take_aim(doing, located)
    mark = doing.mark(located.tab)
    held = doing.step.metadata.get("duration")
    delay = min(float(held), LONGEST_PRESS_MS) if isinstance(held, int | float) else 0
    doing.dispatched = True
    try:
        await aim.surface.click(
            button=_button(doing),
            click_count=times,
            delay=delay,
            position=aim.position,
            force=True,
            no_wait_after=True,
            timeout=ACTION_MS + delay,
        )
    except PlaywrightError as error:
        if document_gone(error) and "not attached" in str(error):
            doing.dispatched = False
        raise
    await doing.settle(mark)


def _button(doing: "Performance") -> Literal["left", "middle", "right"]:
    given = "right" if doing.event == "right_click" else doing.step.metadata.get("button") or "left"
    # Chrome's recorder writes `primary`, `auxiliary`, `secondary`.
    spoken = {"primary": "left", "auxiliary": "middle", "secondary": "right"}.get(given, given)
    if spoken not in ("left", "middle", "right"):
        raise StepFailed("invalid_step", f"the mouse button {str(given)[:20]!r} cannot be pressed")
    return cast("Literal['left', 'middle', 'right']", spoken)


async def click(doing: "Performance") -> None:
    """Click, double click, right click. A closed list is only focused: its options open outside of the page."""
    located = await doing.locate()
    opens_list = located.tag == "select" and doing.event == "click" and _button(doing) == "left"
    if opens_list:
        doing.dispatched = True
        await located.element.focus()
        doing.message = "Focused the list; the next step chooses from it."
        return
    offset = request_for(doing.step, doing.event, 0, doing.options)["offset"]
    if await located.tab.ask(located.frame, ECHO, [located.element, offset]):
        doing.message = "The click on its label before this one has done it already."
        return
    given = doing.step.metadata.get("clickCount")
    counted = given if isinstance(given, int) and 1 <= given <= 3 else None
    await press(doing, located, times=counted or (2 if doing.event == "double_click" else 1))


async def hover(doing: "Performance") -> None:
    """Moves the pointer over the element."""
    located = await doing.locate()
    aim = await take_aim(doing, located)
    await aim.surface.hover(position=aim.position, force=True, timeout=ACTION_MS)


async def _point(doing: "Performance") -> tuple[Located, float, float]:
    located = await doing.locate()
    aim = await take_aim(doing, located)
    box = await aim.surface.bounding_box()
    if box is None:
        raise StepFailed("not_visible", "its element cannot be seen", transient=True)
    edge = await aim.surface.evaluate("(element) => [element.clientLeft, element.clientTop]")
    return located, box["x"] + edge[0] + aim.x, box["y"] + edge[1] + aim.y


async def drag(doing: "Performance") -> None:
    """Takes hold of the element; the drop that follows lets go."""
    located, x, y = await _point(doing)
    mouse = located.tab.page.mouse
    await mouse.move(x, y)
    doing.dispatched = True
    await mouse.down()
    await mouse.move(x + 5, y + 5, steps=2)
    doing.session.dragging = True


async def drop(doing: "Performance") -> None:
    """Lets go of what is held, over the element."""
    if not doing.session.dragging:
        raise StepFailed("invalid_step", "nothing is held: a drop needs a drag before it")
    located, x, y = await _point(doing)
    await doing.intend(f"drop on {located.tag} {located.selector}")
    mouse = located.tab.page.mouse
    mark = doing.mark(located.tab)
    doing.dispatched = True
    doing.session.dragging = False
    await mouse.move(x, y, steps=5)
    await mouse.up()
    await doing.settle(mark)


async def submit(doing: "Performance") -> None:
    """Sends the form that the element is, or belongs to, as its button would."""
    located = await doing.locate()
    await doing.intend(f"submit {located.selector}")
    mark = doing.mark(located.tab)
    doing.dispatched = True
    sent = await located.element.evaluate(
        """(element) => {
          const form = element.form || element.closest("form");
          const sends = element !== form && ["submit", "image"].includes(element.type);
          if (form) form.requestSubmit(sends ? element : undefined);
          return Boolean(form);
        }"""
    )
    if not sent:
        raise StepFailed("invalid_step", "its element belongs to no form that could be sent")
    await doing.settle(mark)


async def focus(doing: "Performance") -> None:
    """Puts the cursor into the element."""
    await (await doing.locate()).element.focus()


async def blur(doing: "Performance") -> None:
    """Takes the cursor out of the element."""
    await (await doing.locate()).element.evaluate("(element) => element.blur()")
