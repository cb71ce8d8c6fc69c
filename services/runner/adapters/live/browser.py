"""A browser of its own for one recording: what a person does in it is told, what it shows is shown."""

import asyncio
import base64
import contextlib
import time
from pathlib import Path
from typing import Any

import msgspec

from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.cdp.tab import CdpTab
from services.runner.adapters.faults import DriverFailure
from services.runner.adapters.live import acts, scripts
from services.runner.adapters.live.asked import Asked
from services.runner.adapters.live.hands import Hands
from services.runner.adapters.live.limits import LARGEST_KEPT, within
from services.runner.adapters.live.recorded_window import RecordedWindow, World
from services.runner.adapters.live.screen import Screen
from services.runner.adapters.live.wanted import Owner, Wanted, as_url
from services.runner.adapters.session import Session
from shared.core.time_and_ids import new_id

GOTO_SECONDS = 60.0
TITLE_SECONDS = 0.5
CATCH_UP_SECONDS = 2.0
TABS_SECONDS = 0.1  # changes come in bursts
MOST_TABS = 20


class LiveBrowser:
    """The window of one recording. Use `opened`."""

    def __init__(self, wanted: Wanted, owner: Owner) -> None:
        self._wanted, self._owner = wanted, owner
        self.streamed = not wanted.on_screen
        self.size = (wanted.width, wanted.height)
        self.asked = Asked(owner.say, owner.told, self.streamed)
        self.screen = Screen(owner.framed)
        self.window = RecordedWindow(self, streamed=self.streamed)
        self.ending = False
        self._session: Session | None = None
        self._tabs: list[CdpTab] = []
        self._hands: dict[CdpTab, Hands] = {}
        self._titles: dict[CdpTab, str] = {}
        self._front: CdpTab | None = None
        self._cursor = ""
        self._told_tabs: JSON = {}
        self._telling: asyncio.TimerHandle | None = None

    @property
    def session(self) -> Session:
        """The window's session."""
        assert self._session is not None
        return self._session

    def begin(self, session: Session) -> None:
        """Its window is open."""
        self._session = session

    @property
    def gone(self) -> bool:
        """Whether nothing is left to record in: the browser has ended, or its last page was closed."""
        return self._session is not None and not any(not tab.closed for tab in self._tabs)

    @property
    def connected(self) -> bool:
        """Whether the browser itself runs and is heard."""
        return any(tab.connected for tab in self.session.tabs)

    # --- what the window tells (Heard) ---

    def told(self, told: JSON) -> None:
        """A recorder told of something; the page may call itself otherwise after it."""
        self._owner.told(told)
        if self._front is not None:
            self.changed(self._front)

    def not_told(self, why: str) -> None:
        """Something could not be recorded."""
        self._owner.say({"kind": "notice", "message": f"{why[:1].upper()}{why[1:]}."})

    def beside(self, world: World, told: JSON) -> None:
        """What is no step."""
        match told["kind"]:
            case "cursor" if world.tab is self._front and told.get("cursor") != self._cursor:
                self._cursor = str(told.get("cursor"))[:100]
                self._owner.say({"kind": "cursor", "cursor": self._cursor})
            case "control":
                self.window.soon(self.asked.control(world, told))
            case "control_gone":
                self.asked.control_gone(told)
            case "copied":
                self._owner.say({"kind": "clipboard", "text": str(told.get("text", ""))})
            case "keep":
                self.window.soon(_kept(world, told["ticket"], self.asked.value_of(told.get("name"), told.get("size"))))
            case "content":
                self.window.soon(self._keep(world, told["payload"]))

    async def _keep(self, world: World, payload: str) -> None:
        if len(payload) > LARGEST_KEPT * 3 // 2:
            return
        given = msgspec.json.decode(payload)
        content = base64.b64decode(given["base64"])
        await _kept(world, given["ticket"], await self._owner.keep(str(given["name"]), content))

    def opened(self, tab: CdpTab) -> None:
        """A page has come, in front of the others."""
        self._tabs.append(tab)
        self._hands[tab] = Hands(tab)
        self.show(tab)
        if self.streamed and self.size != tab.viewport:
            self.window.soon(self._fit(tab))
        if len(self._tabs) > MOST_TABS:
            tab.channel.post("Page.close")

    def closed(self, tab: CdpTab) -> None:
        """A page is no more; the one before it is seen."""
        if tab in self._tabs:
            self._tabs.remove(tab)
        self._hands.pop(tab, None)
        self._titles.pop(tab, None)
        self.screen.forget(tab)
        self.asked.forget(tab)
        if not self.ending:
            self._owner.told(self._of(tab, "closed"))
        if tab is self._front and self._tabs:
            self.show(self._tabs[-1])
        self.changed(tab)

    def changed(self, _: CdpTab) -> None:
        """The list of pages is told, a moment later."""
        if self._telling is None and not self.ending:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(TABS_SECONDS, lambda: self.window.soon(self._tell_tabs()))

    def asks(self, tab: CdpTab, event: JSON) -> None:
        """A dialog waits."""
        self.asked.dialog(tab, event)

    def answered(self, tab: CdpTab, event: JSON) -> None:
        """It was answered."""
        self.asked.answered(tab, self.window.number(tab), event)

    def chooses(self, tab: CdpTab, channel: Channel, event: JSON) -> None:  # noqa: ARG002
        """A page asks for files."""
        if self.streamed:
            self.window.soon(self.asked.chooser(channel, event))

    def _of(self, tab: CdpTab, kind: str, **more: Any) -> JSON:
        at = {"id": new_id().hex, "at": time.time() * 1000, "tab": self.window.number(tab), "url": tab.url}
        return {"kind": kind, **at, **more}

    # --- pages ---

    def show(self, tab: CdpTab) -> None:
        """Brings a page to the front."""
        self._front = tab
        if self.streamed:
            tab.channel.post("Page.bringToFront")
            self.screen.show(tab)
        self.changed(tab)

    async def _tell_tabs(self) -> None:
        self._telling = None
        for tab in list(self._tabs):
            with contextlib.suppress(DriverFailure, TimeoutError):
                async with asyncio.timeout(TITLE_SECONDS):
                    self._titles[tab] = str(await tab.ask(tab.main, "() => document.title"))[:200]
        tabs = self.tabs()
        if tabs != self._told_tabs:
            self._told_tabs = tabs
            self._owner.say(tabs)

    def tabs(self) -> JSON:
        """The pages, for viewers."""
        told = [
            {
                "tab": self.window.number(tab),
                "title": self._titles.get(tab, ""),
                "url": tab.url,
                "active": tab is self._front,
                "loading": "load" not in tab.main.reached,
            }
            for tab in self._tabs
        ]
        return {"kind": "tabs", "tabs": told}

    def visit(self) -> list[JSON]:
        """As if a person had gone to where every page is now: the recording goes on there."""
        told = []
        for tab in self._tabs:
            if tab.url.startswith(("http:", "https:")):
                how = self._of(tab, "how", how="typed")
                told += [how, self._of(tab, "document", type="navigate", referrer="", opener=False, top=True)]
        return told

    # --- what a person does ---

    async def do(self, act: acts.Done) -> None:
        """Does it. Raises `DriverFailure`, `StepFailed`, `InvalidInput` for what is to be shown to the person."""
        tab = self._front
        hands = self._hands.get(tab) if tab else None
        if tab is None or hands is None:
            return
        match act:
            case acts.Mouse():
                hands.mouse(act)
            case acts.Wheel():
                hands.wheel(act)
            case acts.Key():
                hands.key(act)
            case acts.Text():
                hands.text(act)
            case acts.Resize():
                await self._resize(act)
            case acts.Dialog():
                self.asked.answer(act)
            case acts.Files():
                await self.asked.give(act)
            case acts.Choose():
                await self.asked.choose(act)
            case acts.NewTab():
                await self.session.window.open_tab()
            case acts.ShowTab() | acts.CloseTab():
                self._switch(act)
            case acts.Navigate():
                await self.go(act.url)
            case acts.Back() | acts.Forward() | acts.Reload():
                await self._travel(tab, act)

    async def catch_up(self) -> None:
        """Until the browser has taken all input so far, and given it its time; pages may still be at work on it."""
        if self._front is not None:
            with contextlib.suppress(DriverFailure, TimeoutError):
                async with asyncio.timeout(CATCH_UP_SECONDS):
                    await self._front.channel.send("Page.getNavigationHistory")  # answered in turn, asks no page

    def _switch(self, act: acts.ShowTab | acts.CloseTab) -> None:
        wanted = next((tab for tab in self._tabs if self.window.number(tab) == act.tab), None)
        if wanted is not None and isinstance(act, acts.ShowTab):
            self.show(wanted)
        elif wanted is not None:
            wanted.channel.post("Page.close")

    async def _resize(self, act: acts.Resize) -> None:
        size = within(act.width, act.height)
        if size == self.size or not self.streamed:
            return
        self.size = size
        self._owner.fitted(*size)
        for tab in list(self._tabs):
            await tab.resize(*size)
        if self._front is not None:
            self.screen.show(self._front)

    async def _fit(self, tab: CdpTab) -> None:
        """A page that comes later is as large as the others are by now."""
        await tab.resize(*self.size)
        if tab is self._front:
            self.screen.show(tab)

    async def go(self, text: str) -> None:
        """Opens what was typed into the address bar."""
        tab, url = self._front, as_url(text)
        why_not = self._wanted.judge(url)
        if why_not is not None:
            self._owner.say({"kind": "refused", "url": url[:500], "message": f"{why_not[:1].upper()}{why_not[1:]}."})
            return
        if tab is None:
            return
        self._owner.told({**self._of(tab, "how", how="typed"), "url": url})
        await tab.goto(url, GOTO_SECONDS)

    async def _travel(self, tab: CdpTab, act: acts.Back | acts.Forward | acts.Reload) -> None:
        where = {"Back": "back", "Forward": "forward", "Reload": "reload"}[type(act).__name__]
        history = await tab.channel.send("Page.getNavigationHistory")
        place = history["currentIndex"] + {"back": -1, "forward": 1, "reload": 0}[where]
        if not 0 <= place < len(history["entries"]):
            return
        self._owner.told({**self._of(tab, "how", how=where), "url": history["entries"][place]["url"]})
        if where == "reload":
            tab.channel.post("Page.reload")
        else:
            tab.channel.post("Page.navigateToHistoryEntry", {"entryId": history["entries"][place]["id"]})

    @property
    def folder(self) -> Path:
        """The window's own, gone when it is."""
        assert self.session.folder is not None
        return self.session.folder


async def _kept(world: World, ticket: Any, value: str | None) -> None:
    given = msgspec.json.encode([ticket, value]).decode()
    await world.evaluate(f"{scripts.HERE}.kept(...{given})")
