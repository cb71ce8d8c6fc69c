"""A window that is recorded: a recorder in every document of every page and frame, and what pages ask people for."""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec

from services.runner.adapters.cdp import asking
from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.cdp.tab import CdpTab
from services.runner.adapters.faults import DriverFailure
from services.runner.adapters.live import scripts
from services.runner.adapters.live.told import BESIDE, NotTold, read_told
from services.runner.adapters.options import Attendant

STOP_SECONDS = 1.0  # a page that shows a dialog does not answer
CALLED = "Runtime.bindingCalled"


@dataclass(frozen=True, slots=True)
class World:
    """Where a recorder runs: a document of a frame, by the protocol's number of its world."""

    tab: CdpTab
    channel: Channel
    number: int
    frame: str

    async def evaluate(self, expression: str) -> Any:
        """What an expression gives there, as JSON. Raises `DriverFailure`."""
        given = {"expression": expression, "contextId": self.number, "returnByValue": True}
        return asking.value_of(await self.channel.send("Runtime.evaluate", given))


class Heard(Protocol):
    """Who hears of what happens in a window, at once and without waiting."""

    def told(self, told: JSON) -> None:
        """A recorder told of something; `tab` says where."""

    def beside(self, world: World, told: JSON) -> None:
        """What is no step: the cursor, a control, a file to keep, text that was copied."""

    def not_told(self, why: str) -> None:
        """Something could not be recorded."""

    def opened(self, tab: CdpTab) -> None:
        """A page has come."""

    def closed(self, tab: CdpTab) -> None:
        """A page is no more."""

    def changed(self, tab: CdpTab) -> None:
        """A page shows something else, or is loading."""

    def asks(self, tab: CdpTab, event: JSON) -> None:
        """A dialog of the page's waits."""

    def answered(self, tab: CdpTab, event: JSON) -> None:
        """It has been answered."""

    def chooses(self, tab: CdpTab, channel: Channel, event: JSON) -> None:
        """A page asks for files."""


class RecordedWindow(Attendant):
    """Attends to a window; `streamed`: a person sees pictures of it, and uses no native dialog of the browser's."""

    def __init__(self, heard: Heard, *, streamed: bool) -> None:
        self._heard, self._streamed = heard, streamed
        self._start = scripts.start(streamed=streamed)
        self._worlds: dict[tuple[Channel, int], World] = {}
        self._numbers: dict[CdpTab, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def number(self, tab: CdpTab) -> int:
        """A small whole number of a page's own."""
        return self._numbers.setdefault(tab, len(self._numbers) + 1)

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something that takes a moment; what goes with its page goes unsaid."""

        async def do() -> None:
            with contextlib.suppress(DriverFailure, KeyError, TypeError):
                await work

        task = asyncio.create_task(do())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- pages and frames, before they run anything ---

    def page(self, tab: CdpTab, channel: Channel) -> None:
        """Has it recorded, and listens to what it asks for."""
        self.number(tab)
        self._record(tab, channel)
        channel.on("Page.javascriptDialogClosed", partial(self._heard.answered, tab))
        for method in ("Page.frameNavigated", "Page.navigatedWithinDocument", "Page.frameStoppedLoading"):
            channel.on(method, partial(self._on_change, tab))
        channel.on("Page.frameStartedLoading", partial(self._on_change, tab))
        self._heard.opened(tab)
        if not self._streamed:
            # It looks as the person's own screen has it. Sent behind what every page is told.
            asyncio.get_running_loop().call_soon(channel.post, "Emulation.clearDeviceMetricsOverride")

    def frame(self, tab: CdpTab, channel: Channel) -> None:
        """A frame in a process of its own has a recorder as well."""
        self._record(tab, channel)

    def gone(self, tab: CdpTab) -> None:
        """A page is no more."""
        self._worlds = {key: world for key, world in self._worlds.items() if world.tab is not tab}
        self._heard.closed(tab)

    def dialog(self, channel: Channel, event: JSON) -> None:
        """It waits for a person."""
        tab = next((tab for tab in self._numbers if tab.channel is channel), None)
        if tab is not None:
            self._heard.asks(tab, event)

    def _record(self, tab: CdpTab, channel: Channel) -> None:
        channel.on(CALLED, partial(self._on_called, tab, channel))
        channel.on("Runtime.executionContextCreated", partial(self._on_world, tab, channel))
        channel.on("Page.fileChooserOpened", partial(self._heard.chooses, tab, channel))
        channel.post("Page.enable")
        channel.post("Runtime.enable")
        for name in (scripts.TELL, scripts.KEEP):
            channel.post("Runtime.addBinding", {"name": name, "executionContextName": scripts.WORLD})
        begin = {"source": self._start, "worldName": scripts.WORLD, "runImmediately": True}
        channel.post("Page.addScriptToEvaluateOnNewDocument", begin)
        if not self._streamed:
            chooser = {"enabled": False}  # the person's own is shown
            asyncio.get_running_loop().call_soon(channel.post, "Page.setInterceptFileChooserDialog", chooser)

    def _on_change(self, tab: CdpTab, event: JSON) -> None:
        frame = event.get("frameId") or event.get("frame", {}).get("id")
        if frame == tab.identity:
            self._heard.changed(tab)

    # --- what recorders say ---

    def _on_world(self, tab: CdpTab, channel: Channel, event: JSON) -> None:
        context = event["context"]
        if context["name"] == scripts.WORLD:
            world = World(tab, channel, context["id"], (context.get("auxData") or {}).get("frameId", ""))
            old = [key for key, one in self._worlds.items() if one.channel is channel and one.frame == world.frame]
            for key in old:
                del self._worlds[key]
            self._worlds[channel, world.number] = world

    def _on_called(self, tab: CdpTab, channel: Channel, event: JSON) -> None:
        world = self._worlds.get((channel, event["executionContextId"]))
        if event["name"] not in (scripts.TELL, scripts.KEEP):
            return
        if world is None:  # its document has been replaced already: what it told last still counts
            world = World(tab, channel, event["executionContextId"], "")
        if event["name"] == scripts.KEEP:
            self._heard.beside(world, {"kind": "content", "payload": event["payload"]})
            return
        try:
            told = read_told(event["payload"])
        except NotTold as reason:
            self._heard.not_told(str(reason))
            return
        if told["kind"] == "host":
            self.soon(_open_tree(world, told.get("number")))
        elif told["kind"] in BESIDE:
            self._heard.beside(world, told)
        else:
            self._heard.told({**told, "tab": self.number(tab)})

    async def stop(self) -> None:
        """Has every recorder tell what it still holds back."""
        worlds = [world.evaluate(scripts.STOP) for world in list(self._worlds.values()) if not world.tab.closed]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*worlds, *self._tasks, return_exceptions=True)

    async def closed(self) -> None:
        """Ends what is still under way."""
        await asyncio.sleep(0)  # what has only just been asked for begins, so that it can end
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


async def _open_tree(world: World, number: Any) -> None:
    """Shows a recorder a closed shadow tree, which its host stands for."""
    channel, closed = world.channel, f"{scripts.HERE}.recording.closed"
    asked = {"expression": f"{closed}.host({msgspec.json.encode(number).decode()})", "contextId": world.number}
    host = (await channel.send("Runtime.evaluate", asked))["result"]["objectId"]
    described = (await channel.send("DOM.describeNode", {"objectId": host, "depth": 1, "pierce": True}))["node"]
    for tree in described.get("shadowRoots", []):
        where = {"backendNodeId": tree["backendNodeId"], "executionContextId": world.number}
        root = (await channel.send("DOM.resolveNode", where))["object"]["objectId"]
        opens = f"function () {{ {closed}.open({msgspec.json.encode(number).decode()}, this); }}"
        await channel.send("Runtime.callFunctionOn", {"objectId": root, "functionDeclaration": opens})
