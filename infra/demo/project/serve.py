"""Fills an empty SQLite file with Django's tables and an administrator, then serves the admin on a port.

Run as a script with the port and the number of the process to die with; the rest comes in the environment:
RETOLD_DEMO_DATABASE, RETOLD_DEMO_SECRET and Django's own DJANGO_SUPERUSER_* variables.
"""

import ctypes
import os
import signal
import sqlite3
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Have the kernel end this process when `parent` ends, however it ends; only Linux can."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("The process that started this site has ended.")


def copy_contexts_on_new_pythons() -> None:
    """Give an old Django the way of copying a template context that works since Python 3.14."""
    import django
    from django.template.context import BaseContext

    if sys.version_info < (3, 14) or django.VERSION >= (5, 2):
        return

    def copy_context(context):
        duplicate = object.__new__(type(context))
        duplicate.__dict__.update(context.__dict__)
        duplicate.dicts = context.dicts[:]
        return duplicate

    BaseContext.__copy__ = copy_context


def main(port: str, parent: str) -> None:
    """Serve until killed."""
    die_with(int(parent))
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    import django
    from django.core.management import call_command

    copy_contexts_on_new_pythons()
    django.setup()
    database = sqlite3.connect(os.environ["RETOLD_DEMO_DATABASE"])
    # Kept in the file: readers then never wait for the writer.
    database.execute("PRAGMA journal_mode=WAL")
    database.close()
    call_command("migrate", verbosity=0)
    call_command("createsuperuser", interactive=False, verbosity=0)
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
