"""A page of Firefox: where its input differs from Chromium's, and what it cannot be made to do over WebDriver BiDi."""

from typing import Any

from services.runner.adapters import native_drags
from services.runner.adapters.driver_terms import Press
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.playwright_driver.errors import translated
from services.runner.adapters.playwright_driver.frames import FrameOf
from services.runner.adapters.playwright_driver.tab import PlaywrightTab

ACTIVE = """let active = document.activeElement;
while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;"""
FOCUSED = f"() => {{ {ACTIVE} return active; }}"
# Whether an editor has the cursor, which is then put into its last text: behind a paragraph, Firefox begins another.
ENTERED = f"""() => {{
  {ACTIVE}
  if (!active?.isContentEditable) return false;
  const cursor = getSelection(), around = cursor.anchorNode;
  if (!cursor.isCollapsed || around?.nodeType !== Node.ELEMENT_NODE) return true;
  let text = around.childNodes[cursor.anchorOffset - 1];
  while (text?.lastChild) text = text.lastChild;
  if (text?.nodeType === Node.TEXT_NODE) cursor.collapse(text, text.length);
  return true;
}}"""
INSERT = "(engine, text) => document.execCommand('insertText', false, text)"


class FirefoxTab(PlaywrightTab):
    """The page. What would come to something else than a person's doing is refused."""

    async def press(self, press: Press) -> None:
        """Moves the mouse there, presses and lets go."""
        if press.clicks > 1:  # each is a command of its own, and Firefox counts clicks within one only
            raise StepFailed("invalid_step", "Firefox cannot be made to double-click; run the row in Chromium")
        await super().press(press)

    async def hold(self) -> None:
        """Presses the left button and keeps it pressed."""
        await native_drags.expect(self)
        await super().hold()

    async def release(self) -> None:
        """Lets go of the left button."""
        dragged = await native_drags.began(self)
        await super().release()
        if dragged:
            raise native_drags.refuse("Firefox")

    async def insert_text(self, text: str) -> None:
        """Puts text where the cursor is; into an editor key by key, as editors want to be asked (`beforeinput`).

        Playwright's own insertion changes the value by script, with an event that is not the browser's.
        """
        frame = await self._with_cursor()
        if not text:
            await self.key("press", "Delete")
        elif await self.ask(frame, ENTERED):
            await super().type_keys(text)
        else:
            await self.ask(frame, INSERT, text)

    async def type_keys(self, text: str) -> None:
        """Types text key by key."""
        await self.ask(await self._with_cursor(), ENTERED)
        await super().type_keys(text)

    async def insert_character(self, character: str) -> None:
        """What no key of the keyboard layout gives."""
        await self.ask(await self._with_cursor(), INSERT, character)

    async def _with_cursor(self) -> FrameOf:
        frame = self.page.main_frame
        with translated():
            while True:
                active: Any = (await frame.evaluate_handle(FOCUSED)).as_element()
                inner = await active.content_frame() if active else None
                if inner is None:
                    return self.frame(frame)
                frame = inner
