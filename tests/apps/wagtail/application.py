"""Wagtail with a small site of ours: somebody publishes an event."""

import json
import os
import re
import secrets
from html import unescape
from pathlib import Path
from typing import Any

from tests.apps.application import Application, Row
from tests.apps.installing import from_pypi
from tests.apps.recording import Recorder

HERE = Path(__file__).parent
VENUES = ("Lagerhalle", "Old Town Hall", "Harbour Theatre")
SET_UP = f"""
from django.contrib.auth import get_user_model
from events.models import Venue
get_user_model().objects.create_superuser("editor", "editor@example.org", "correct-horse")
Venue.objects.bulk_create(Venue(name=name) for name in {VENUES!r})
"""
HELD = """
SELECT p.title, e.day, e.doors, e.closes, e.kind, e.free, e.summary, e.programme, v.name AS venue, p.live,
  (SELECT group_concat(name, '|') FROM (SELECT t.name FROM taggit_tag t JOIN events_eventtag j ON j.tag_id = t.id
   WHERE j.content_object_id = p.id ORDER BY t.name)) AS tags,
  (SELECT group_concat(name, '|') FROM events_speaker WHERE event_id = p.id) AS speaker
FROM wagtailcore_page p JOIN events_eventpage e ON e.page_ptr_id = p.id JOIN events_venue v ON v.id = e.venue_id
ORDER BY p.id
"""


class Wagtail(Application):
    """Publishes events: title, three kinds of date, rich text, a stream of blocks, a chooser, tags, an inline form."""

    name = "wagtail"
    says = "Wagtail: publish an event page"
    health = "/admin/login/"

    @property
    def database(self) -> Path:
        return self.folder / "site.sqlite3"

    async def install(self) -> None:
        self._python = (await from_pypi(self.name, HERE / "requirements.txt")) / "bin" / "python"

    async def start(self) -> None:
        made = self.folder / "made_migrations"  # the site's own tables: made anew rather than kept in step
        made.mkdir()
        (made / "__init__.py").touch()
        environment = {
            "PYTHONPATH": os.pathsep.join([str(HERE / "project"), str(self.folder)]),
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "APP_SECRET": secrets.token_urlsafe(40),
            "APP_PORT": str(self.port),
            "APP_DATABASE": str(self.database),
            "APP_MEDIA": str(self.folder / "media"),
        }
        django = (self._python, "-m", "django")
        await self.run(*django, "makemigrations", "events", "--verbosity=0", **environment)
        await self.run(*django, "migrate", "--verbosity=0", **environment)
        await self.run(*django, "shell", "--command", SET_UP, **environment)
        await self.serve(*django, "runserver", "--noreload", f"127.0.0.1:{self.port}", **environment)

    async def use(self, person: Recorder, row: Row) -> None:
        page = person.page
        await person.open(f"{self.url}/admin/")
        await person.type(page.get_by_label("Username"), "editor")
        await person.type(page.get_by_label("Password*", exact=True), "correct-horse")
        await person.click(page.get_by_role("button", name="Sign in"))
        await person.click(page.get_by_role("button", name="Pages"))
        await person.click(page.get_by_role("link", name="Welcome to your new Wagtail site!").last)
        await person.click(page.get_by_role("navigation", name="Actions", exact=True).get_by_role("button"))
        await person.click(page.get_by_role("link", name="Add child page"))
        await person.type(page.locator("#id_title"), row["title"], "title")
        await person.type(page.locator("#id_day"), row["day"], "day")
        await person.type(page.locator("#id_doors"), row["doors"], "doors")
        await person.type(page.locator("#id_closes"), row["closes"], "closes")
        await person.select(page.locator("#id_kind"), row["kind"], "kind")
        await person.check(page.locator("#id_free"), "free")
        await person.type(
            page.locator("#panel-child-content-summary-section [contenteditable=true]"), row["summary"], "summary"
        )
        await self._programme(person, row)
        await self._venue(person)
        await person.type(page.locator("#panel-child-content-tags-section .tagit-new input"), row["tag"], "tag")
        await person.key("Enter", page.locator("#panel-child-content-tags-section .tagit-new input"))
        await person.click(page.get_by_role("button", name="Add Speaker"))
        await person.type(page.locator("#id_speakers-0-name"), row["speaker"], "speaker")
        await person.click(page.get_by_role("button", name="More actions"))
        await person.click(page.get_by_role("button", name="Publish"))

    async def _programme(self, person: Recorder, row: Row) -> None:
        section = person.page.locator("#panel-child-content-programme-section")
        await person.click(section.get_by_role("button", name="Insert a block").first)
        await person.click(person.page.get_by_role("option", name="Paragraph"))
        await person.type(section.locator("[contenteditable=true]"), row["programme"], "programme")

    async def _venue(self, person: Recorder) -> None:
        page = person.page
        await person.click(page.get_by_role("button", name="Choose venue"))
        await person.click(page.locator(".modal").get_by_role("link", name=VENUES[1]))

    def rows(self, count: int) -> list[Row]:
        kinds = ("Talk", "Course", "Trade fair")
        return [
            {
                "title": f"{('Retelling', 'Learning', 'Ordering')[n % 3]} stories & “tales” {n}",
                "day": f"2027-{n % 12 + 1:02}-{n * 7 % 28 + 1:02}",
                "doors": f"{8 + n % 12:02}:{n * 5 % 60:02}",
                "closes": f"2027-01-{n % 28 + 1:02} {n % 24:02}:30",
                "kind": kinds[n % 3],
                "free": ("true", "false")[n % 2],
                "summary": f"What number {n} is about: <tags>, quotes' and Ümläute.",
                "programme": f"First coffee, then part {n}.",
                "tag": f"topic {n}",
                "speaker": f"Ana Müller {n}",
            }
            for n in range(count)
        ]

    def held(self) -> list[Row]:
        return [self._row(found) for found in self.query(HELD)]

    def expected(self, row: Row) -> Row:
        return {**row, "venue": VENUES[1], "live": "1"}

    def _row(self, found: dict[str, Any]) -> Row:
        blocks = json.loads(found["programme"])
        return {
            "title": found["title"],
            "day": found["day"],
            "doors": found["doors"][:5],
            "closes": found["closes"][:16],
            "kind": {"talk": "Talk", "course": "Course", "fair": "Trade fair"}[found["kind"]],
            "free": "true" if found["free"] else "false",
            "summary": _text(found["summary"]),
            "programme": " / ".join(_text(block["value"]) for block in blocks),
            "tag": found["tags"] or "",
            "speaker": found["speaker"] or "",
            "venue": found["venue"],
            "live": str(found["live"]),
        }


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))
