"""Only the active window of a Firefox has the focus, so every row has a Firefox of its own; no page may drive it."""

import asyncio

import pytest

from services.runner.adapters.browser import Fleet
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.playwright_driver.browser import launch
from shared.browsers import installed

pytestmark = pytest.mark.skipif(not installed("firefox").available, reason="no Firefox is installed")
FIREFOX = SessionOptions(engine="firefox")


@pytest.mark.slow
async def test_two_rows_at_once_have_two_firefoxes():
    async with Fleet() as fleet, fleet.session(FIREFOX), fleet.session(FIREFOX):
        assert fleet.browsers_running == 2


async def test_the_port_on_which_a_firefox_can_be_driven_is_known():
    firefox = await launch(installed("firefox"))
    try:
        assert firefox.ports
        for port in firefox.ports:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
    finally:
        await firefox.close()
