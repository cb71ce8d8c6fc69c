"""What pages ask people for beside the page itself: dialogs, files, a choice from a list or a calendar."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.cdp.tab import CdpTab
from services.runner.adapters.live import scripts
from services.runner.adapters.live.acts import Choose, Dialog, Files
from services.runner.adapters.live.recorded_window import World
from shared.core.errors import InvalidInput
from shared.core.time_and_ids import new_id

LONGEST_SHOWN = 2000  # characters of a dialog's message


class Given(NamedTuple):
    """A file that a person gave: where it lies, and what a step's value calls it."""

    path: Path
    value: str
    size: int


class _Chooser(NamedTuple):
    channel: Channel
    node: int
    message: JSON


@dataclass
class Asked:
    """What is being asked now, told to every viewer, and answered once. `say` tells viewers, `told` the recording."""

    say: Callable[[JSON], None]
    told: Callable[[JSON], None]
    streamed: bool
    files: dict[str, Given] = field(default_factory=dict)  # by what a step's value calls them
    _dialog: tuple[CdpTab, JSON] | None = None
    _chooser: _Chooser | None = None
    _control: tuple[World, JSON] | None = None

    def now(self) -> list[JSON]:
        """For a viewer that has just come."""
        asked = [self._dialog and self._dialog[1], self._chooser and self._chooser.message]
        return [message for message in (*asked, self._control and self._control[1]) if message]

    def forget(self, tab: CdpTab) -> None:
        """Its page is no more."""
        if self._dialog and self._dialog[0] is tab:
            self._dialog = None
            self.say({"kind": "dialog_gone"})
        if self._control and self._control[0].tab is tab:
            self._drop_control()
        if self._chooser and self._chooser.channel is tab.channel:
            self._chooser = None

    # --- dialogs ---

    def dialog(self, tab: CdpTab, event: JSON) -> None:
        """A dialog waits. On a screen the browser shows it itself."""
        about = {"type": event["type"], "message": event["message"][:LONGEST_SHOWN]}
        self._dialog = (tab, {"kind": "dialog", **about, "default": event.get("defaultPrompt") or ""})
        if self.streamed:
            self.say(self._dialog[1])

    def answer(self, act: Dialog) -> None:
        """A person answers it."""
        if self._dialog is None:
            return
        tab, shown = self._dialog
        given: JSON = {"accept": act.accept}
        if shown["type"] == "prompt":
            given["promptText"] = shown["default"] if act.text is None else act.text
        tab.channel.post("Page.handleJavaScriptDialog", given)

    def answered(self, tab: CdpTab, number: int, event: JSON) -> None:
        """It is gone, with an answer, which belongs to the recording."""
        if self._dialog is None or self._dialog[0] is not tab:
            return
        (_, shown), self._dialog = self._dialog, None
        self.say({"kind": "dialog_gone"})
        if shown["type"] == "beforeunload" and not event["result"]:
            tab.stays()
        answer = {"accept": event["result"], "message": shown["message"], "kind": shown["type"]}
        if shown["type"] == "prompt" and event["result"]:
            answer["text"] = event.get("userInput", "")
        at = time.time() * 1000
        self.told({"kind": "dialog", "id": new_id().hex, "at": at, "tab": number, "url": tab.url, "dialog": answer})

    # --- files ---

    async def chooser(self, channel: Channel, event: JSON) -> None:
        """A page asks for files."""
        node = event.get("backendNodeId")
        if node is None:
            self.say({"kind": "notice", "message": "The page asks for a file in a way that cannot be recorded."})
            return
        described = (await channel.send("DOM.describeNode", {"backendNodeId": node}))["node"]
        listed = described.get("attributes") or []
        attributes = dict(zip(listed[::2], listed[1::2], strict=False))
        about = {"multiple": event.get("mode") == "selectMultiple", "accept": attributes.get("accept", "")[:500]}
        self._chooser = _Chooser(channel, node, {"kind": "chooser", "chooser": new_id().hex, **about})
        self.say(self._chooser.message)

    async def give(self, act: Files) -> None:
        """Gives the files to the field that asked. Raises `InvalidInput` for files that nobody has given to us."""
        chooser = self._chooser
        if chooser is None or chooser.message["chooser"] != act.chooser:
            return
        unknown = next((name for name in act.files if name not in self.files), None)
        if unknown is not None:
            raise InvalidInput(f"there is no file {unknown[:100]!r}: upload it first")
        self._chooser = None
        self.say({"kind": "chooser_gone", "chooser": act.chooser})
        if act.files:
            paths = [str(self.files[name].path) for name in act.files]
            given = {"files": paths, "backendNodeId": chooser.node}
            await chooser.channel.send("DOM.setFileInputFiles", given)

    def value_of(self, name: Any, size: Any) -> str | None:
        """What a step calls the file that a page has got; the one given last where two are alike."""
        alike = [given for given in self.files.values() if given.path.name == name and given.size == size]
        return alike[-1].value if alike else None

    # --- lists and calendars, which no picture shows ---

    async def control(self, world: World, told: JSON) -> None:
        """One was opened; its place is told in the window's own pixels."""
        frame = world.tab.tree.get(world.frame)
        box = told["box"]
        if frame is not None and frame.parent is not None:
            middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            left, top = await world.tab.place_of(frame, middle)
            box = {**box, "x": box["x"] + left, "y": box["y"] + top}
        self._control = (world, {**told, "box": box})
        self.say(self._control[1])

    def control_gone(self, told: JSON) -> None:
        """It is closed."""
        if self._control and self._control[1]["control"] == told.get("control"):
            self._drop_control()

    def _drop_control(self) -> None:
        if self._control is not None:
            self.say({"kind": "control_gone", "control": self._control[1]["control"]})
        self._control = None

    async def choose(self, act: Choose) -> None:
        """A person has chosen."""
        if self._control is None or self._control[1]["control"] != act.control:
            return
        world = self._control[0]
        self._drop_control()
        given = msgspec.json.encode([act.control, act.value]).decode()
        await world.evaluate(f"{scripts.HERE}.choose(...{given})")
