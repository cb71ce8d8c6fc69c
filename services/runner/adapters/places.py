"""Which page a step is done on, and which frame of it: as the recording tells pages apart."""

from typing import TYPE_CHECKING

from services.runner.adapters.driver import Tab, until
from services.runner.adapters.driver_terms import Frame
from services.runner.adapters.faults import StepFailed, place
from shared.contracts.recording import Step

if TYPE_CHECKING:
    from services.runner.adapters.session import Session

NAMES_ALL_BUT_THE_FIRST = "chrome_recorder"  # as `metadata.recordedBy` has it


class Places:
    """The pages of a session, by address, by number, or by the id that the recorder gave them."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._tab_of_id: dict[int, Tab] = {}

    async def of(self, step: Step, timeout: int) -> tuple[Tab, Frame]:
        """The page of a step, and the frame in it where that has an address of its own; awaited for `timeout` ms."""
        await self._session.window.settled()
        target = step.metadata.get("target")
        if isinstance(target, str) and target not in ("", "main"):
            return await self._addressed(target, timeout)
        tab: Tab | None = None
        if target == "main" or (not target and step.metadata.get("recordedBy") == NAMES_ALL_BUT_THE_FIRST):
            tab = self._session.tabs[0] if self._session.tabs else None
        elif step.tab_id is not None:
            tab = await self._with_id(step.tab_id, timeout)
        if tab is None or tab.closed:
            tab = self._session.front
        return tab, tab.main

    async def _with_id(self, tab_id: int, timeout: int) -> Tab:
        """An id that nobody has had yet is that of the latest page, which may be about to open."""
        known = self._tab_of_id
        if known and tab_id not in known:
            await until(lambda: self._session.front not in known.values(), timeout / 1000)
            await self._session.window.settled()
        return known.setdefault(tab_id, self._session.front)

    async def _addressed(self, target: str, timeout: int) -> tuple[Tab, Frame]:
        if self._at(target) is None:
            await until(lambda: self._at(target) is not None, timeout / 1000)
            await self._session.window.settled()
        found = self._at(target)
        if found is None:
            raise StepFailed("not_found", f"no page or frame at {place(target)} has been opened")
        return found

    def _at(self, target: str) -> tuple[Tab, Frame] | None:
        """The frame at an address, exactly or but for its query, the latest page first; or the page of that number."""
        session = self._session
        if target.isdecimal():
            return next(((tab, tab.main) for tab in session.tabs[int(target) :][:1] if not tab.closed), None)
        frames = [(tab, frame) for tab in reversed(session.open_tabs) for frame in tab.frames]
        exact = next(((tab, frame) for tab, frame in frames if frame.url == target), None)
        return exact or next(((tab, frame) for tab, frame in frames if place(frame.url) == place(target)), None)
