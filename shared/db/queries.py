"""SQL lives in `queries.sql` files, every statement under its name."""

from pathlib import Path
from typing import Any

import aiosql


def load_queries(package_file: str) -> Any:
    """The named statements of the `queries.sql` beside a module, as async functions of a connection."""
    return aiosql.from_path(Path(package_file).with_name("queries.sql"), "asyncpg", mandatory_parameters=False)
