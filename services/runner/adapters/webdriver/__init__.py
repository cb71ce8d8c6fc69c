"""The driver over W3C WebDriver: for WebKit, as Debian's WebKitGTK brings it."""

from services.runner.adapters.webdriver.browser import WebKitBrowser, connect, launch

__all__ = ["WebKitBrowser", "connect", "launch"]
