"""A recorder for tests: does things in a real page as a person would, and writes down what a recorder sees of them."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from playwright.async_api import ElementHandle, Frame, JSHandle, Locator, Page, Request
from playwright.async_api import Error as PlaywrightError

from services.ingest.adapters.labels import label_from
from shared.contracts.recording import LocatorBundle
from shared.injected import engine

PAUSE_MS = 150  # between what a person does
KEY_MS = 20
QUIET_SECONDS = 0.4
LONGEST_SECONDS = 4.0  # some pages never stop talking

# What a press at the middle of the element reaches, as a listener at the window sees it, and where on it.
PRESSED = """(engine, [element, position]) => {
  element.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  const box = element.getBoundingClientRect();
  const at = position || { x: box.width / 2, y: box.height / 2 };
  const [x, y] = [box.left + at.x, box.top + at.y];
  let hit = document.elementFromPoint(x, y);
  while (hit && hit.shadowRoot) {
    const deeper = hit.shadowRoot.elementFromPoint(x, y);
    if (!deeper || deeper === hit) break;
    hit = deeper;
  }
  const pressed = engine.pressedOf(engine.within(hit, element) ? hit : element);
  const own = pressed.getBoundingClientRect();
  engine.seen = pressed;
  return { offsetX: x - own.left, offsetY: y - own.top };
}"""
# Resolves when nothing in the document has changed for a while.
STILL = """([quiet, longest]) => new Promise((resolve) => {
  const observer = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, quiet); });
  const done = () => (observer.disconnect(), resolve());
  let timer = setTimeout(done, quiet);
  setTimeout(done, longest);
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})"""
DESCRIBED = """(engine, element) => {
  engine.forget();
  const { localName: tag, type = "" } = element;
  return { bundle: engine.bundleOf(element), selector: engine.selectorOf(element), tag, type };
}"""


class Recorder:
    """Acts on a page and keeps each action as a canonical step with the bundle of the live element.

    `column` names the CSV column that fills a step's value in later rows. What was typed is kept as the step's value.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps: list[dict[str, Any]] = []
        self.columns: dict[str, str] = {}  # CSV column → label of its step
        self._engines: dict[Frame, JSHandle] = {}
        self._moved = False
        self._asked: set[Request] = set()
        self._last = 0.0  # when something was asked for, or answered
        page.on("framenavigated", self._on_navigated)
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_answer)
        page.on("requestfailed", self._on_answer)

    def _on_navigated(self, frame: Frame) -> None:
        self._moved = self._moved or frame == self.page.main_frame

    def _on_request(self, request: Request) -> None:
        self._asked.add(request)
        self._last = time.monotonic()

    def _on_answer(self, request: Request) -> None:
        self._asked.discard(request)
        self._last = time.monotonic()

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self.page.goto(url)
        await self._quiet()
        self._add("navigate", {}, value=url, navigation={"type": "navigation", "url": url})

    async def click(self, target: Locator, *, event: str = "click", position: dict[str, float] | None = None) -> None:
        """A press of the mouse: `click`, `double_click` or `right_click`."""
        seen, where = await self._pressed(target, position)
        button: Any = "right" if event == "right_click" else "left"
        point: Any = position
        times = 2 if event == "double_click" else 1
        await self._do(event, seen, lambda: target.click(button=button, click_count=times, position=point), where)

    async def type(self, target: Locator, value: str, column: str | None = None) -> None:
        """Replace what a field holds by typing."""
        seen = await self._described(target)
        await target.click()
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.press("Delete")
        await self._do("type", seen, lambda: self.page.keyboard.type(value, delay=KEY_MS), value=value, column=column)

    async def key(self, name: str, target: Locator | None = None) -> None:
        """Press a key, in the element that has the cursor when none is named."""
        seen = await self._described(target) if target is not None else {}
        await self._do("key_press", seen, lambda: self.page.keyboard.press(name), {"key": name})

    async def select(self, target: Locator, value: str, column: str | None = None) -> None:
        """Choose from a list, by what the option says."""
        seen = await self._described(target)
        await self._do("select", seen, lambda: target.select_option(label=value), value=value, column=column)

    async def check(self, target: Locator, column: str | None = None) -> None:
        """Tick a box."""
        seen, where = await self._pressed(target, None, own=True)
        await self._do("check", seen, lambda: target.check(), where, value="true", column=column)

    async def hover(self, target: Locator) -> None:
        """Rest the pointer on something."""
        seen, where = await self._pressed(target, None)
        await self._do("hover", seen, lambda: target.hover(), where)

    def document(self, name: str) -> dict[str, Any]:
        """The canonical recording, to be imported."""
        variables = {
            label: {"type": "input", "required": True, "stepNumber": self._step_of(label), "csvColumn": column}
            for column, label in self.columns.items()
        }
        return {"name": name, "recording_method": "extension", "steps": self.steps, "variables": variables}

    def _step_of(self, label: str) -> int:
        return next(int(step["stepNumber"]) for step in self.steps if step.get("label") == label)

    async def _do(
        self,
        event: str,
        seen: dict[str, Any],
        act: Callable[[], Awaitable[Any]],
        metadata: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        before = self.page.url
        self._moved = False
        await act()
        await self._quiet()
        led_on = self._moved and self.page.url != before
        navigation = {"type": "navigation", "url": self.page.url} if led_on else {"type": "same_page"}
        self._add(event, seen, navigation=navigation, page=before, metadata=metadata or {}, **more)

    def _add(self, event: str, seen: dict[str, Any], **more: Any) -> None:
        column = more.pop("column", None)
        metadata = {**more.pop("metadata", {}), **seen.pop("metadata", {}), "recordedBy": "tests.apps"}
        step = {
            "stepNumber": len(self.steps) + 1,
            "event": event,
            "timestamp": round(time.time() * 1000),
            "navigation": {"type": "same_page"},
            "bundle": {},
            **seen,
            **more,
            "metadata": metadata,
        }
        label = (
            label_from(LocatorBundle.model_validate(step["bundle"])) if event in ("type", "select", "check") else None
        )
        if label:
            taken = [each.get("label") for each in self.steps]
            step["label"] = label if label not in taken else f"{label} ({len(self.steps) + 1})"
        if column:
            self.columns[column] = step.setdefault("label", column)
        self.steps.append(step)

    async def _quiet(self) -> None:
        """A person acts on what stands still: nothing is asked for, and nothing has been for a moment."""
        await self.page.wait_for_timeout(PAUSE_MS)
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < min(deadline, self._last + QUIET_SECONDS) or (
            self._asked and time.monotonic() < deadline
        ):
            await self.page.wait_for_timeout(PAUSE_MS / 3)
        with suppress(PlaywrightError):  # the document is just being replaced
            await self.page.evaluate(STILL, [QUIET_SECONDS * 1000, LONGEST_SECONDS * 1000])

    async def _pressed(
        self, target: Locator, position: dict[str, float] | None, *, own: bool = False
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        handle, frame = await self._found(target)
        script = await self._engine(frame)
        where = await script.evaluate(PRESSED, [handle, position])
        pressed = (await script.evaluate_handle("(engine) => engine.seen")).as_element()
        assert pressed is not None
        return await self._describe(handle if own else pressed, frame), where

    async def _described(self, target: Locator) -> dict[str, Any]:
        return await self._describe(*await self._found(target))

    async def _found(self, target: Locator) -> tuple[ElementHandle, Frame]:
        await self._quiet()
        handle = await target.element_handle()
        frame = await handle.owner_frame()
        assert frame is not None, "the element is on no page any more"
        return handle, frame

    async def _describe(self, element: ElementHandle, frame: Frame) -> dict[str, Any]:
        told = await (await self._engine(frame)).evaluate(DESCRIBED, element)
        chain: list[str] = []
        inner = frame
        while inner.parent_frame is not None:
            owner = await inner.frame_element()
            chain.insert(0, await (await self._engine(inner.parent_frame)).evaluate("(e, x) => e.selectorOf(x)", owner))
            inner = inner.parent_frame
        metadata = {"elementTag": told["tag"], **({"elementType": told["type"]} if told["type"] else {})}
        return {"bundle": {**told["bundle"], "iframeChain": chain}, "selector": told["selector"], "metadata": metadata}

    async def _engine(self, frame: Frame) -> JSHandle:
        """The engine in a frame's present document."""
        known = self._engines.get(frame)
        if known is not None:
            try:
                await known.evaluate("() => 0")
                return known
            except PlaywrightError:
                pass  # the document was replaced
        self._engines[frame] = await frame.evaluate_handle(engine())
        return self._engines[frame]
