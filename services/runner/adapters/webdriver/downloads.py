"""Files that a page gives: WebKit's small browser saves them in a folder of its own, and tells nobody."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from services.runner.adapters.faults import StepFailed

if TYPE_CHECKING:
    from services.runner.adapters.driver_terms import Listener

FOLDER = "downloads"
UNFINISHED = ".wkdownload"  # behind the name of a file as long as it is being written
LOOK_SECONDS = 0.05


def prepare(home: Path) -> None:
    """Makes the folder, and names it where the desktop's libraries look for it."""
    (home / FOLDER).mkdir()
    (home / "config").mkdir()
    (home / "config" / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="$HOME/{FOLDER}"\n', "utf-8")


class SavedFile:
    """A file that WebKit saves; where it came from is not known, so `url` is that of the page."""

    def __init__(self, path: Path, url: str) -> None:
        self._path, self.url = path, url

    @property
    def name(self) -> str:
        """What the page calls it."""
        return self._path.name

    async def saved(self, seconds: float) -> Path:
        """The whole file."""
        size = -1
        try:
            async with asyncio.timeout(seconds):
                while not self._is_whole() or size != (size := self._path.stat().st_size):
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise StepFailed("timeout", f"the download did not end within {seconds:g} s") from None
        return self._path

    def _is_whole(self) -> bool:
        return self._path.exists() and not self._path.with_name(self._path.name + UNFINISHED).exists()


class Downloads:
    """Tells the listener of each file as soon as it is there, whole or not."""

    def __init__(self, home: Path, listener: "Listener") -> None:
        self._folder, self._listener = home / FOLDER, listener
        self._known: set[str] = set()

    def look(self, url: str) -> None:
        """Whether there are more; `url` is that of the page that is worked on."""
        for path in sorted(self._folder.iterdir()):
            name = path.name.removesuffix(UNFINISHED)
            if name not in self._known:
                self._known.add(name)
                self._listener.download(SavedFile(self._folder / name, url))
