"""Directus with a collection of ours: somebody enters an exhibit."""

import re
import secrets
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import Locator

from tests.apps.application import Application, Row
from tests.apps.installing import from_npm
from tests.apps.recording import Recorder

HERE = Path(__file__).parent
EMAIL, PASSWORD = "admin@example.com", "correct-horse"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
ROOMS = ("Basement", "East wing", "Garden")
HELD = """
SELECT e.title, e.story, e.acquired, e.state, e.insured, e.words, e.weight, r.name AS room
FROM exhibits e LEFT JOIN rooms r ON r.id = e.room ORDER BY e.id
"""


def field(name: str, kind: str, interface: str, **more: Any) -> dict[str, Any]:
    """A field of a collection, as Directus's API takes it."""
    return {"field": name, "type": kind, "meta": {"interface": interface, **more}, "schema": {}}


KEY = {
    "field": "id",
    "type": "integer",
    "meta": {"hidden": True, "interface": "input"},
    "schema": {"is_primary_key": True, "has_auto_increment": True},
}
STATES = [{"text": word, "value": word.lower()} for word in ("Complete", "Damaged", "On loan")]
FIELDS = [
    field("title", "string", "input", required=True),
    field("weight", "decimal", "input"),
    field("state", "string", "select-dropdown", options={"choices": STATES}),
    field("insured", "boolean", "boolean"),
    field("acquired", "dateTime", "datetime"),
    field("words", "csv", "tags", special=["cast-csv"]),
    field("room", "integer", "select-dropdown-m2o", special=["m2o"], options={"template": "{{name}}"}),
    field("story", "text", "input-rich-text-html"),
]


class Directus(Application):
    """Enters exhibits: a drawer to choose from, a list, a switch, a calendar, tags, rich text in a frame."""

    name = "directus"
    says = "Directus: enter an item"
    health = "/server/ping"

    @property
    def database(self) -> Path:
        return self.folder / "data.sqlite3"

    async def install(self) -> None:
        self._packages = await from_npm(self.name, HERE / "package.json")

    async def start(self) -> None:
        for folder in ("uploads", "extensions"):
            (self.folder / folder).mkdir()
        (self.folder / "package.json").write_text("{}")
        environment = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "DB_CLIENT": "sqlite3",
            "DB_FILENAME": str(self.database),
            "SECRET": secrets.token_urlsafe(40),
            "ADMIN_EMAIL": EMAIL,
            "ADMIN_PASSWORD": PASSWORD,
            "TELEMETRY": "false",
            "RATE_LIMITER_ENABLED": "false",
            "LOG_LEVEL": "warn",
        }
        script = self._packages / "node_modules" / "directus" / "cli.js"
        await self.run("node", script, "bootstrap", **environment)
        await self.serve("node", script, "start", **environment)

    async def prepare(self) -> None:
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=30) as client:
            answer = await client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {answer.json()['data']['access_token']}"
            for name, fields in (("rooms", [KEY, field("name", "string", "input")]), ("exhibits", [KEY, *FIELDS])):
                (
                    await client.post(
                        "/collections", json={"collection": name, "fields": fields, "meta": {}, "schema": {}}
                    )
                ).raise_for_status()
            relation = {"collection": "exhibits", "field": "room", "related_collection": "rooms"}
            (await client.post("/relations", json=relation)).raise_for_status()
            (await client.post("/items/rooms", json=[{"name": room} for room in ROOMS])).raise_for_status()

    async def use(self, person: Recorder, row: Row) -> None:
        page = person.page
        await person.open(f"{self.url}/admin/login")
        await person.type(page.get_by_placeholder("Email"), EMAIL)
        await person.type(page.get_by_placeholder("Password"), PASSWORD)
        await person.click(page.get_by_role("button", name="Sign In"))
        await person.click(page.get_by_role("list").get_by_role("link", name="Exhibits"))
        await person.click(page.get_by_role("link", name="add").first)
        form = page.get_by_role("main")
        await person.type(form.locator(".field", has_text="Title").locator("input"), row["title"], "title")
        await person.type(form.locator(".field", has_text="Weight").locator("input"), row["weight"], "weight")
        await person.click(form.locator(".field", has_text="State").locator(".v-input .input"))
        await person.click(page.get_by_role("listitem").filter(has_text="On loan"))
        await person.click(form.get_by_role("checkbox"))
        await self._acquired(person, form, row)
        words = form.get_by_placeholder("Add a tag and press Enter...")
        await person.type(words, row["word"], "word")
        await person.key("Enter", words)
        await person.click(form.locator(".field", has_text="Room").locator(".v-input .input"))
        await person.click(page.get_by_role("cell", name=ROOMS[1]))
        await person.click(page.locator(".v-drawer").get_by_role("button", name="check"))
        story = page.frame_locator("iframe").locator("body")
        await person.type(story, row["story"], "story")
        await person.click(page.get_by_role("banner").get_by_role("button", name="check"))

    async def _acquired(self, person: Recorder, form: Locator, row: Row) -> None:
        page = person.page
        await person.click(form.locator(".field", has_text="Acquired").locator(".v-input .input"))
        calendar = page.locator(".flatpickr-calendar")
        await person.select(calendar.get_by_label("Month"), row["month"], "month")
        await person.type(calendar.get_by_label("Year"), row["year"], "year")
        await person.click(calendar.locator(".flatpickr-day:not(.prevMonthDay)").nth(14))
        await person.type(calendar.get_by_label("Hour"), row["hour"], "hour")
        await person.type(calendar.get_by_label("Minute"), row["minute"], "minute")
        await person.key("Enter", calendar.get_by_label("Minute"))

    def rows(self, count: int) -> list[Row]:
        return [
            {
                "title": f"Model railway № {n}",
                "weight": f"{n + 1}.25",
                "word": f"gauge {n}",
                "story": f"Found in box {n}; “not” for sale.",
                "month": MONTHS[n % 12],
                "year": str(1990 + n),
                "hour": f"{n % 12 + 1:02}",
                "minute": f"{n * 5 % 60:02}",
            }
            for n in range(count)
        ]

    def held(self) -> list[Row]:
        return [self._row(found) for found in self.query(HELD)]

    def _row(self, found: dict[str, Any]) -> Row:
        acquired = datetime.fromtimestamp(found["acquired"] / 1000, UTC)
        return {
            "title": found["title"],
            "weight": str(found["weight"]),
            "word": found["words"],
            "story": _text(found["story"]),
            "month": MONTHS[acquired.month - 1],
            "year": str(acquired.year),
            "hour": f"{acquired:%I}",
            "minute": f"{acquired:%M}",
            "day": str(acquired.day),
            "state": found["state"],
            "insured": str(found["insured"]),
            "room": found["room"],
        }

    def expected(self, row: Row) -> Row:
        return {**row, "day": "15", "state": "on loan", "insured": "1", "room": ROOMS[1]}


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html)).replace("\xa0", " ").strip()
