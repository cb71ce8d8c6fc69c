"""The folder that a local stack lives in: who uses it now, its secrets, its ports."""

import fcntl
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from shared.core.errors import InvalidInput, Unavailable


class Home:
    """A stack's folder on disk; one stack at a time may hold it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self._lock: int | None = None

    def hold(self) -> None:
        """Makes the folder and takes its lock, or raises `Unavailable` when another stack runs on it."""
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                self.path.chmod(0o711)  # an unprivileged Postgres passes through; only the owner can list it
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(
                f"The folder {self.path} cannot be used ({error.strerror}): "
                "give it to this user, or name another one in RETOLD_HOME."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._lock, 20).decode().strip() or "unknown"
            self.release()
            raise Unavailable(
                f"Another Retold (process {holder}) is running on {self.path}: "
                "stop it first, or name another folder in RETOLD_HOME."
            ) from None
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Lets others use the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def secret(self, name: str) -> str:
        """A random secret (64 hexadecimal digits) that is made once and kept, readable by the owner only."""
        known = self._read("secrets.json")
        if name not in known:
            known[name] = secrets.token_hex(32)
            self._write("secrets.json", known)
        return str(known[name])

    def port(self, server: str) -> int | None:
        """The port that a server had in the last run."""
        port = self._read("ports.json").get(server)
        return port if isinstance(port, int) else None

    def remember_port(self, server: str, port: int) -> None:
        """Notes the port for the next run, so that addresses stay the same."""
        known = self._read("ports.json")
        if known.get(server) != port:
            self._write("ports.json", {**known, server: port})

    def _read(self, name: str) -> dict[str, Any]:
        path = self.path / name
        try:
            content = json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"{path} cannot be read ({error}): restore it, or delete the folder {self.path}."
            ) from error
        if not isinstance(content, dict):
            raise InvalidInput(f"{path} is not a JSON object: restore it, or delete the folder {self.path}.")
        return cast("dict[str, Any]", content)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        path = self.path / name
        draft = path.with_suffix(".new")
        with suppress(FileNotFoundError):
            draft.unlink()
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
