"""The driver over Playwright: for Firefox, and for Chromium where a trace or a video is wanted."""

from services.runner.adapters.playwright_driver.browser import PlaywrightBrowser, connect, launch

__all__ = ["PlaywrightBrowser", "connect", "launch"]
