"""Selenium 4: explicit waits as its documentation tells to write them, a field cleared before it is typed into.

That is what `fill` and `click` of the others do as well. Its variant `kept` keeps one driver for all rows; `bare` does
so too, finds elements with an implicit wait, and types without asking anything.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.benchmarks.replay.contestants.protocol import Chosen, Clock, serve
from tests.benchmarks.replay.forms import Action

PATIENCE, LOOK_AGAIN = 5.0, 0.02


class Selenium:
    """A driver a row, or one for all: then a row begins without cookies."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._bare = chosen.variant == "bare"
        self._kept = self._driver() if chosen.variant else None

    def _driver(self) -> webdriver.Chrome:
        options = webdriver.ChromeOptions()
        options.binary_location = self._chosen.browser
        for argument in (*self._chosen.arguments, "--headless", "--window-size=1280,720"):
            options.add_argument(argument)
        driver = webdriver.Chrome(options, Service(self._chosen.webdriver))
        if self._bare:
            driver.implicitly_wait(PATIENCE)
        return driver

    async def prepare(self, form: str, actions: Sequence[Action]) -> None:
        """A script is written, not taught."""

    @asynccontextmanager
    async def window(self) -> AsyncIterator["Script"]:
        """Blocks while it works: only one row runs at a time."""
        if self._kept is not None:
            self._kept.execute_cdp_cmd("Network.clearBrowserCookies", {})
            yield Script(self._kept, self._bare)
            return
        driver = self._driver()
        try:
            yield Script(driver, self._bare)
        finally:
            driver.quit()

    def close(self) -> None:
        """Ends the driver that was kept."""
        if self._kept is not None:
            self._kept.quit()


class Script:
    """The script of one row."""

    def __init__(self, driver: webdriver.Chrome, bare: bool) -> None:
        self._driver, self._bare = driver, bare
        self._wait = WebDriverWait(driver, PATIENCE, poll_frequency=LOOK_AGAIN)
        self._frame: tuple[str, ...] = ()

    async def perform(self, form: str, actions: Sequence[Action]) -> list[dict[str, Any]]:
        """Line by line."""
        clock, steps = Clock(), []
        for action in actions:
            self._act(action)
            steps.append({"ms": clock.lap()})
        return steps

    def _act(self, action: Action) -> None:
        driver = self._driver
        if action.do == "open":
            driver.get(action.at)
            self._frame = ()
            return
        self._enter(action.frame)
        if action.do == "expect":
            place = (By.CSS_SELECTOR, action.at)
            self._wait.until(expected_conditions.text_to_be_present_in_element(place, action.value))
            return
        element = self._find(action.at)
        if action.do == "fill":
            if not self._bare:
                element.clear()
            element.send_keys(action.value)
        elif action.do == "select":
            Select(element).select_by_visible_text(action.value)
        else:
            element.click()

    def _find(self, selector: str) -> WebElement:
        place = (By.CSS_SELECTOR, selector)
        return (
            self._driver.find_element(*place)
            if self._bare
            else self._wait.until(expected_conditions.element_to_be_clickable(place))
        )

    def _enter(self, frame: tuple[str, ...]) -> None:
        if frame == self._frame:
            return
        self._driver.switch_to.default_content()
        for selector in frame:
            place = (By.CSS_SELECTOR, selector)
            self._wait.until(expected_conditions.frame_to_be_available_and_switch_to_it(place))
        self._frame = frame


async def main() -> None:
    """Performs rows until standard input ends."""
    selenium = Selenium(Chosen.told())
    try:
        await serve(selenium)
    finally:
        selenium.close()


if __name__ == "__main__":
    asyncio.run(main())
