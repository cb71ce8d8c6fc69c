"""What a fresh page, frame or worker is told before it runs anything: all at once, and nothing is waited for."""

import asyncio
from functools import partial

from services.runner.adapters.cdp import emulation, storage
from services.runner.adapters.cdp.asking import INSTALL
from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.cdp.frames import WORLD
from services.runner.adapters.options import SessionOptions

EVERY_DOCUMENT = "Page.addScriptToEvaluateOnNewDocument"
# A page that finds no service workers does without, as in any private window: nothing answers in the network's place,
# and nothing goes on after the page.
NO_SERVICE_WORKERS = "delete Navigator.prototype.serviceWorker;"


class Preparation:
    """Prepares what a window attaches to; `agent` is what the browser calls itself."""

    def __init__(self, options: SessionOptions, agent: str) -> None:
        self._options = options
        self._agent = agent
        self._seeds = Seeds(options)

    def page(self, channel: Channel) -> "list[asyncio.Future[JSON]]":
        """Prepares a page and lets it run; gives the answers that may be refusals of the window's options."""
        self._begin(channel)
        answers = [channel.start(*command) for command in emulation.of_page(self._options, self._agent)]
        self._run(channel)
        return answers

    def frame(self, channel: Channel) -> None:
        """Prepares a frame in a process of its own and lets it run."""
        self._begin(channel)
        for command in emulation.of_frame(self._options, self._agent):
            channel.post(*command)
        self._run(channel)

    def worker(self, channel: Channel) -> None:
        """Prepares a worker and lets it run."""
        self._watch_requests(channel)
        for command in emulation.of_worker(self._options, self._agent):
            channel.post(*command)
        self._run(channel)

    def _begin(self, channel: Channel) -> None:
        channel.post("Page.enable")
        channel.post("Page.setLifecycleEventsEnabled", {"enabled": True})
        channel.post("Runtime.enable")
        channel.post("Log.enable")
        self._watch_requests(channel)
        # Nobody is there to choose files: that the page asks for them is told, and steps give them to the field.
        channel.post("Page.setInterceptFileChooserDialog", {"enabled": True})
        channel.post(EVERY_DOCUMENT, {"source": INSTALL, "worldName": WORLD, "runImmediately": True})
        channel.post(EVERY_DOCUMENT, {"source": NO_SERVICE_WORKERS, "runImmediately": True})
        self._seeds.plant(channel)

    def _watch_requests(self, channel: Channel) -> None:
        if self._options.judge is not None:
            channel.on("Fetch.requestPaused", partial(self._on_paused, channel))
            channel.post("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})
        channel.post("Network.enable")

    def _run(self, channel: Channel) -> None:
        channel.post("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True})
        channel.post("Runtime.runIfWaitingForDebugger")

    def _on_paused(self, channel: Channel, event: JSON) -> None:
        """Each hop of a redirect is asked about as well."""
        judge, request = self._options.judge, {"requestId": event["requestId"]}
        if judge is not None and judge(event["request"]["url"]) is not None:
            channel.post("Fetch.failRequest", {**request, "errorReason": "BlockedByClient"})
        else:
            channel.post("Fetch.continueRequest", request)


class Seeds:
    """Local storage to begin with: each origin gets its own once, when the first of its documents is made."""

    def __init__(self, options: SessionOptions) -> None:
        items = storage.items_of(options.storage or {})
        self._left = {origin: storage.seed(origin, each) for origin, each in items.items()}
        self._planted: list[tuple[str, Channel, asyncio.Future[JSON]]] = []

    def plant(self, channel: Channel) -> None:
        """Fills the storage of the origins that have not been seen yet, as soon as they are."""
        for origin, script in self._left.items():
            answer = channel.start(EVERY_DOCUMENT, {"source": script, "worldName": WORLD})
            self._planted.append((origin, channel, answer))
        if self._left:
            channel.on("Runtime.executionContextCreated", self._on_world)

    def _on_world(self, event: JSON) -> None:
        origin = event["context"]["origin"]
        if self._left.pop(origin, None) is None:
            return
        for planted, channel, answer in self._planted:
            if planted == origin:
                answer.add_done_callback(partial(_uproot, channel))


def _uproot(channel: Channel, answer: "asyncio.Future[JSON]") -> None:
    if not answer.cancelled() and answer.exception() is None:
        channel.post("Page.removeScriptToEvaluateOnNewDocument", {"identifier": answer.result()["identifier"]})
