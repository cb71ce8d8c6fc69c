"""sqlite-web over the database of a garden: its tables are the data."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.benchmarks.heal.versions.acts import Act, Row, Task
from tests.benchmarks.heal.versions.release import Release

OLD, NEW = "0.3", "0.8"
SET_UP = """
CREATE TABLE plants (id INTEGER PRIMARY KEY, name TEXT NOT NULL, bed INTEGER);
CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO plants (name, bed) VALUES ('Kale', 1), ('Leek', 2);
"""


class SqliteWeb(Release):
    """A garden."""

    name = "sqlite-web"
    says = "sqlite-web"
    releases = (OLD, NEW)

    async def start(self) -> None:
        with closing(sqlite3.connect(self.database)) as database:
            database.executescript(SET_UP)
        script = self.python.with_name("sqlite_web")
        await self.serve(self.python, script, "-x", "-H", "127.0.0.1", "-p", str(self.port), self.database)

    @classmethod
    def tasks(cls) -> tuple[Task, ...]:
        return (
            Task("add a column and an index", WIDEN, {"column": "sown"}, {"column": "ripe"}, COLUMNS, widened),
            Task("write a row", WRITE, {"plant": "Fennel"}, {"plant": "Radish"}, PLANTS, written),
            Task("make a table", MAKE, {"table": "seeds"}, {"table": "paths"}, TABLES, made),
            Task("drop a table", DROP, {}, {}, TABLES, dropped),
        )


def widened(row: Row) -> list[dict[str, Any]]:
    """One more column, and an index on the name."""
    columns = [{"name": name, "type": kind} for name, kind in (("id", "INTEGER"), ("name", "TEXT"), ("bed", "INTEGER"))]
    return [*columns, {"name": row["column"], "type": "TEXT"}, {"name": "name", "type": "unique"}]


def written(row: Row) -> list[dict[str, Any]]:
    """One more plant."""
    return [{"name": name, "bed": bed} for name, bed in (("Kale", 1), ("Leek", 2), (row["plant"], 3))]


def made(row: Row) -> list[dict[str, Any]]:
    """One more table."""
    return [{"name": name} for name in sorted(("plants", "tools", row["table"]))]


def dropped(row: Row) -> list[dict[str, Any]]:
    """One table less."""
    return [{"name": "plants"}]


COLUMNS = """
SELECT name, type FROM pragma_table_info('plants') UNION ALL
SELECT c.name, CASE l."unique" WHEN 1 THEN 'unique' ELSE 'index' END
FROM pragma_index_list('plants') l JOIN pragma_index_info(l.name) c
"""
PLANTS = "SELECT name, bed FROM plants ORDER BY id"
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
HOME = Act("the database", "open", value="/")
IN_PLANTS = (HOME, Act("plants", "click", "//*[contains(@class, 'nav-link')][normalize-space()='plants']"))
WIDEN = (
    *IN_PLANTS,
    Act("+ Add column", "click", "a[href='/plants/add-column/']"),
    Act("the name", "type", "#id_name", "{column}"),
    Act("the type", "select", "#id_type", "TEXT"),
    Act("Add column", "click", "//button[normalize-space()='Add column']"),
    Act("+ Add index", "click", "a[href='/plants/add-index/']"),
    Act("the indexed column", "select", "select[name=indexed_columns]", "name (TEXT)"),
    Act("Unique", "select", "#id_unique", "Yes"),
    Act("Add index", "click", "//button[normalize-space()='Add index']"),
)
WRITE = (
    *IN_PLANTS,
    Act("Query", "click", "a[href='/plants/query/']"),
    Act("the statement", "type", "textarea[name=sql]", "INSERT INTO plants (name, bed) VALUES ('{plant}', 3)"),
    Act("Execute", "click", "//button[normalize-space()='Execute']"),
)
MAKE = (
    HOME,
    Act("+ Table", "click", {NEW: "#createTableButton"}),
    Act("the name", "type", "input[name=table_name]", "{table}"),
    Act("Create", "click", "//form[.//input[@name='table_name']]//button[@type='submit']"),
)
DROP = (
    HOME,
    Act("tools", "click", "//*[contains(@class, 'nav-link')][normalize-space()='tools']"),
    Act("Drop", "click", "//a[contains(@class, 'nav-link')][normalize-space()='Drop']"),
    Act("Drop it", "click", "//form//button[@type='submit'][contains(@class, 'btn-danger')]"),
)
