"""Dialogs of the page: WebDriver tells that one is open when it refuses a command, and what it says."""

import contextlib
from typing import TYPE_CHECKING, cast, get_args

from services.runner.adapters.driver_terms import DialogKind, DialogShown
from services.runner.adapters.faults import DriverError
from services.runner.adapters.webdriver.scripts import MARK
from services.runner.adapters.webdriver.wire import NoAlert

if TYPE_CHECKING:
    from services.runner.adapters.driver_terms import Listener
    from services.runner.adapters.webdriver.wire import Wire


async def answer(wire: "Wire", listener: "Listener") -> None:
    """Answers the dialog that is open as the listener says."""
    with contextlib.suppress(NoAlert):  # the page may have closed it
        shown = _shown(str(await wire.send("GET", "/alert/text") or ""))
        given = listener.dialog(shown)
        if not given.accept:
            await wire.send("POST", "/alert/dismiss")
            return
        if given.text is not None and given.text != shown.default:
            with contextlib.suppress(DriverError):  # it takes no text
                await wire.send("POST", "/alert/text", {"text": given.text})
        await wire.send("POST", "/alert/accept")


def _shown(text: str) -> DialogShown:
    """The dialog with its kind. Unmarked, it came before the engine did: what a `confirm` is answered, each takes."""
    kind, *rest = text.split(MARK, 2)
    if len(rest) == 2 and kind in get_args(DialogKind):
        return DialogShown(cast("DialogKind", kind), rest[1], rest[0])
    return DialogShown("confirm", text, "")
