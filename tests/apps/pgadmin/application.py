"""pgAdmin as it is: somebody registers the address of a database server."""

import json
from pathlib import Path

from tests.apps.application import Application, Row
from tests.apps.installing import from_pypi
from tests.apps.recording import Recorder

HERE = Path(__file__).parent
EMAIL, PASSWORD = "admin@example.org", "correct-horse"
HELD = """
SELECT s.name, s.host, s.port, s.maintenance_db, s.username, s.comment, s.connection_params, g.name AS "group"
FROM server s JOIN servergroup g ON g.id = s.servergroup_id ORDER BY s.id
"""


class PgAdmin(Application):
    """Registers servers: a context menu with a menu in it, a dialog with tabs, searchable lists, a switch."""

    name = "pgadmin"
    says = "pgAdmin: register a server"
    health = "/misc/ping"

    @property
    def database(self) -> Path:
        return self.folder / "pgadmin4.db"

    async def install(self) -> None:
        self._venv = await from_pypi(self.name, HERE / "requirements.txt")

    async def start(self) -> None:
        environment = {
            "PYTHONPATH": str(HERE / "settings"),
            "APP_FOLDER": str(self.folder),
            "APP_PORT": str(self.port),
            "PGADMIN_SETUP_EMAIL": EMAIL,
            "PGADMIN_SETUP_PASSWORD": PASSWORD,
        }
        (package,) = self._venv.glob("lib/python3*/site-packages/pgadmin4")
        python = self._venv / "bin" / "python"
        await self.run(python, package / "setup.py", "setup-db", **environment)
        await self.serve(python, package / "pgAdmin4.py", **environment)

    async def use(self, person: Recorder, row: Row) -> None:
        page = person.page
        await person.open(f"{self.url}/")
        await person.type(page.locator("input[name=email]"), EMAIL)
        await person.type(page.locator("input[name=password]"), PASSWORD)
        await person.click(page.get_by_role("button", name="Login"))
        await person.click(page.get_by_text("Servers", exact=True).first, event="right_click")
        await person.hover(page.get_by_role("menuitem", name="Register"))
        await person.click(page.get_by_role("menuitem", name="Server..."))
        dialog = page.get_by_role("tabpanel", name="Register - Server")
        await person.type(dialog.locator("input[name=name]"), row["name"], "name")
        await person.click(dialog.get_by_label("Connect now?"))
        await person.type(dialog.locator("textarea[name=comment]"), row["comment"], "comment")
        await person.click(dialog.get_by_role("tab", name="Connection", exact=True))
        await person.type(dialog.locator("input[name=host]"), row["host"], "host")
        await person.type(dialog.locator("input[name=port]"), row["port"], "port")
        await person.type(dialog.locator("input[name=db]"), row["database"], "database")
        await person.type(dialog.locator("input[name=username]"), row["user"], "user")
        await person.click(dialog.get_by_role("tab", name="Parameters"))
        await person.type(dialog.get_by_role("combobox").nth(1), row["sslmode"], "sslmode")
        await person.key("Enter")
        await person.click(dialog.get_by_role("button", name="Save"))

    def rows(self, count: int) -> list[Row]:
        return [
            {
                "name": f"Branch office {('Aachen', 'Bremen', 'Celle')[n % 3]} {n}",
                "host": f"db{n}.example.org",
                "port": str(5432 + n),
                "database": f"shop_{n}",
                "user": f"reader_{n}",
                "sslmode": ("require", "verify-full", "disable")[n % 3],
                "comment": f"Ask Zoë; “{n}” of many.",
            }
            for n in range(count)
        ]

    def held(self) -> list[Row]:
        return [
            {
                "name": found["name"],
                "host": found["host"],
                "port": str(found["port"]),
                "database": found["maintenance_db"],
                "user": found["username"],
                "comment": found["comment"],
                "group": found["group"],
                "sslmode": json.loads(found["connection_params"]).get("sslmode", ""),
            }
            for found in self.query(HELD)
        ]

    def expected(self, row: Row) -> Row:
        return {**row, "group": "Servers"}
