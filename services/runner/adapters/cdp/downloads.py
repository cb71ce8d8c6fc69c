"""Files that pages give: kept under the name that the browser gave them, until their window is closed."""

from pathlib import Path

from services.runner.adapters.cdp.bell import Bell
from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.faults import StepFailed


class CdpDownload:
    """A file on its way; `state` as the browser calls it: inProgress, completed, canceled."""

    def __init__(self, event: JSON, folder: Path) -> None:
        self.name: str = event["suggestedFilename"]
        self.url: str = event["url"]
        self.state = "inProgress"
        self._path = folder / str(event["guid"])
        self._bell = Bell()

    def progress(self, event: JSON) -> None:
        """How it goes on."""
        self.state = event["state"]
        if self.state != "inProgress":
            self._bell.ring()

    def lost(self) -> None:
        """Its window is closed: it will not arrive any more."""
        if self.state == "inProgress":
            self.progress({"state": "canceled"})

    async def saved(self, seconds: float) -> Path:
        """The whole file. Raises `StepFailed` when it does not arrive."""
        if not await self._bell.until(lambda: self.state != "inProgress", seconds):
            raise StepFailed("timeout", f"the download {self.name[:80]!r} did not arrive within {seconds:g} s")
        if self.state != "completed":
            raise StepFailed("navigation_failed", f"the download {self.name[:80]!r} was broken off")
        if not self._path.is_file():
            raise StepFailed("script_error", f"the download {self.name[:80]!r} is on the machine of the browser")
        return self._path


class Downloads:
    """All downloads of a window."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._under_way: dict[str, CdpDownload] = {}

    def begin(self, event: JSON) -> CdpDownload:
        """One more."""
        download = self._under_way[event["guid"]] = CdpDownload(event, self.folder)
        return download

    def progress(self, event: JSON) -> bool:
        """How one of them goes on; False for another window's."""
        download = self._under_way.get(event["guid"])
        if download is not None:
            download.progress(event)
        return download is not None

    def close(self) -> None:
        """None of them goes on."""
        for download in self._under_way.values():
            download.lost()
