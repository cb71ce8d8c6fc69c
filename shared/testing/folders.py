"""Folders for tests that start servers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder with a space in its name that any user may pass through; pytest's own are closed to root's Postgres."""
    folder = Path(mkdtemp(prefix="retold test "))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        rmtree(folder)
