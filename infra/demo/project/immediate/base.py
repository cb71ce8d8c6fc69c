"""The database wrapper that Django looks for under this name in a backend."""

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite that takes the write lock when a transaction begins.

    A transaction that starts by reading cannot wait for the lock later: SQLite refuses it at once with
    "database is locked". Django has an option for this only since 5.1.
    """

    def _start_transaction_under_autocommit(self):
        self.cursor().execute("BEGIN IMMEDIATE")
