"""Through the history, and from tab to tab."""

from typing import TYPE_CHECKING, Literal

from services.runner.adapters import pages
from services.runner.adapters.faults import StepFailed

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

NOWHERE = {"back": "there is no page to go back to", "forward": "there is no page to go forward to"}


async def go_back(doing: "Performance") -> None:
    """To the page before this one."""
    await _travel(doing, "back")


async def go_forward(doing: "Performance") -> None:
    """To the page that was left by going back."""
    await _travel(doing, "forward")


async def reload(doing: "Performance") -> None:
    """The same page once more."""
    await _travel(doing, "reload")


async def _travel(doing: "Performance", where: Literal["back", "forward", "reload"]) -> None:
    tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    await doing.intend(doing.event)  # a page that answered a form may be asked for by sending the form again
    mark = doing.mark(tab)
    doing.dispatched = True
    if not await tab.travel(where, doing.options.navigation_timeout / 1000):
        raise StepFailed("navigation_failed", NOWHERE.get(where, "the page could not be loaded again"))
    await doing.settle(mark)


async def new_tab(doing: "Performance") -> None:
    """Opens an empty tab, or an address in one; the steps that follow are done there."""
    session, step = doing.session, doing.step
    tab = await session.window.open_tab()
    session.switch_to(None)
    if step.tab_id is not None:
        await session.page_for(step, doing.options.wait_timeout)  # from here on this tab has the id
    await tab.bring_to_front()
    if step.value or step.navigation.url:
        await pages.navigate(doing)


async def switch_tab(doing: "Performance") -> None:
    """From here on, steps that name no page are done on this one."""
    session, step = doing.session, doing.step
    target = step.metadata.get("target")
    if not target and step.tab_id is None:
        raise StepFailed("invalid_step", "the step does not say which page (metadata.target or tabId)")
    session.switch_to(None)  # an id that nobody has had yet is that of the latest page
    tab, _ = await session.page_for(step, doing.options.wait_timeout)
    session.switch_to(None if tab is session.front else tab)
    await tab.bring_to_front()
