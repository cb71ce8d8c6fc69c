"""Flask-Admin over the books of a small library: Bootstrap 2 in the old release, Bootstrap 4 in the new one."""

from pathlib import Path
from typing import Any

from tests.benchmarks.heal.versions.acts import Act, Row, Task
from tests.benchmarks.heal.versions.release import Release

SITE = Path(__file__).parent / "flask_admin_project" / "library.py"


class FlaskAdmin(Release):
    """Books."""

    name = "flask-admin"
    says = "Flask-Admin"
    health = "/admin/"
    releases = ("1.6", "2.2")

    async def start(self) -> None:
        await self.serve(self.python, SITE, str(self.port), self.database)

    @classmethod
    def tasks(cls) -> tuple[Task, ...]:
        return (
            Task("add a book", ADD, BOOKS[0], BOOKS[1], ASKS, added),
            Task("change one that was searched for", CHANGE, NOTES[0], NOTES[1], ASKS, changed),
        )


def added(row: Row) -> list[dict[str, Any]]:
    """All books, with the one of the row."""
    return [*THERE, {**row, "shelf": int(row["shelf"]), "genre": "novel", "lent": 1}]


def changed(row: Row) -> list[dict[str, Any]]:
    """Momo stands elsewhere."""
    return [
        {**one, "notes": row["notes"], "shelf": int(row["shelf"])} if one["title"] == "Momo" else one for one in THERE
    ]


COLUMNS = ("title", "author", "shelf", "genre", "lent", "notes")
THERE = [
    dict(zip(COLUMNS, book, strict=True))
    for book in (
        ("Momo", "Michael Ende", 3, "novel", 0, ""),
        ("Cosmos", "Carl Sagan", 7, "science", 1, "large"),
        ("Duino Elegies", "Rainer Maria Rilke", 5, "poems", 0, ""),
    )
]
BOOKS = (
    {"title": "Solaris", "author": "Stanisław Lem", "shelf": "4", "notes": "first edition"},
    {"title": "Kindred", "author": "Octavia Butler", "shelf": "6", "notes": "two copies"},
)
NOTES = ({"notes": "torn", "shelf": "8"}, {"notes": "rebound", "shelf": "9"})
ASKS = "SELECT title, author, shelf, genre, lent, notes FROM book ORDER BY id"
ADD = (
    Act("the admin", "open", value="/admin/"),
    Act("Book", "click", "//a[normalize-space()='Book']"),
    Act("Create", "click", "//a[normalize-space()='Create']"),
    Act("the title", "type", "#title", "{title}"),
    Act("the author", "type", "#author", "{author}"),
    Act("the shelf", "type", "#shelf", "{shelf}"),
    Act("Lent", "check", "#lent"),
    Act("the notes", "type", "#notes", "{notes}"),
    Act("Save", "click", "input[type=submit][value=Save]"),
)
CHANGE = (
    Act("the books", "open", value="/admin/book/"),
    Act("the word", "type", "input[name=search]", "Momo"),
    Act("Enter", "key", "input[name=search]", "Enter"),
    Act("the pencil of Momo", "click", "a.icon[href^='/admin/book/edit/?id=1&']"),
    Act("the shelf", "type", "#shelf", "{shelf}"),
    Act("the notes", "type", "#notes", "{notes}"),
    Act("Save", "click", "input[type=submit][value=Save]"),
)
