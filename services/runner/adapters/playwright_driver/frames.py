"""Frames as Playwright knows them."""

from typing import TYPE_CHECKING

from playwright.async_api import Frame, JSHandle

if TYPE_CHECKING:
    from services.runner.adapters.playwright_driver.tab import PlaywrightTab


class FrameOf:
    """A Playwright frame under the port's names; one object a frame."""

    def __init__(self, tab: "PlaywrightTab", real: Frame) -> None:
        self._tab, self.real = tab, real
        self.engine: JSHandle | None = None

    @property
    def url(self) -> str:
        """The address of the document in it."""
        return self.real.url

    @property
    def parent(self) -> "FrameOf | None":
        """The frame around it."""
        return self._tab.frame(self.real.parent_frame) if self.real.parent_frame else None

    @property
    def children(self) -> "list[FrameOf]":
        """The frames in it; Playwright's list keeps those that are no more."""
        return [self._tab.frame(one) for one in self.real.child_frames if not one.is_detached()]

    @property
    def detached(self) -> bool:
        """Whether it is no more."""
        return self.real.is_detached()
