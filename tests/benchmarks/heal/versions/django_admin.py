"""Django's admin, with nothing in it but users and groups."""

import secrets
from pathlib import Path
from typing import Any

from tests.benchmarks.heal.versions.acts import Act, Row, Task
from tests.benchmarks.heal.versions.release import Release

PROJECT = Path(__file__).parents[4] / "infra" / "demo" / "project"
PASSWORD = "correct-horse-9"
SET_UP = f"""
from django.contrib.auth.models import Group, User
User.objects.create_superuser("admin", "admin@example.org", "{PASSWORD}")
for name in ("carla", "dmitri", "elena"):
    User.objects.create_user(name, f"{{name}}@example.org", "{PASSWORD}", is_staff=name == "dmitri")
Group.objects.bulk_create(Group(name=name) for name in ("Editors", "Printers"))
"""


class DjangoAdmin(Release):
    """Users and groups."""

    name = "django"
    says = "Django admin"
    health = "/admin/login/"
    releases = ("3.2", "4.2", "5.2")

    async def start(self) -> None:
        environment = {
            "PYTHONPATH": str(PROJECT),
            "DJANGO_SETTINGS_MODULE": "settings",
            "RETOLD_DEMO_DATABASE": str(self.database),
            "RETOLD_DEMO_SECRET": secrets.token_urlsafe(40),
        }
        django = (self.python, "-m", "django")
        await self.run(*django, "migrate", "--verbosity=0", **environment)
        await self.run(*django, "shell", "--command", SET_UP, **environment)
        await self.serve(*django, "runserver", "--noreload", f"127.0.0.1:{self.port}", **environment)

    @classmethod
    def tasks(cls) -> tuple[Task, ...]:
        return (
            Task("add a user", (*LOG_IN, *ADD), NEW[0], NEW[1], ASKS, added),
            Task("change one that was filtered out", (*LOG_IN, *CHANGE), CHANGED[0], CHANGED[1], ASKS, changed),
            Task("delete one, and leave", (*LOG_IN, *DELETE), {}, {}, ASKS, deleted),
        )


def added(row: Row) -> list[dict[str, Any]]:
    """All users, with the one of the row."""
    return [*THERE, {"is_staff": 1, "groups": "Editors", **row}]


def changed(row: Row) -> list[dict[str, Any]]:
    """The only member of the staff has another name, and is in all groups."""
    return [{**one, **row, "groups": "Editors, Printers"} if one["username"] == "dmitri" else one for one in THERE]


def deleted(row: Row) -> list[dict[str, Any]]:
    """Elena is gone."""
    return [one for one in THERE if one["username"] != "elena"]


THERE = [
    {
        "username": name,
        "first_name": "",
        "last_name": "",
        "email": f"{name}@example.org",
        "is_staff": staff,
        "groups": "",
    }
    for name, staff in (("carla", 0), ("dmitri", 1), ("elena", 0))
]
NEW = tuple(
    {"username": username, "first_name": first, "last_name": last, "email": f"{username}@example.net"}
    for username, first, last in (("fatima", "Fatima", "Haddad"), ("gunnar", "Gunnar", "Östberg"))
)
CHANGED = ({"last_name": "Ivanov"}, {"last_name": "Petrov"})
ASKS = """
SELECT username, first_name, last_name, email, is_staff,
  (SELECT coalesce(group_concat(name, ', '), '') FROM (SELECT g.name FROM auth_group g
   JOIN auth_user_groups j ON j.group_id = g.id WHERE j.user_id = u.id ORDER BY g.name)) AS groups
FROM auth_user u WHERE username <> 'admin' ORDER BY id
"""
LOG_IN = (
    Act("the admin", "open", value="/admin/"),
    Act("the user's name", "type", "#id_username", "admin"),
    Act("the password", "type", "#id_password", PASSWORD),
    Act("Log in", "click", "#login-form input[type=submit]"),
)
ADD = (
    Act("Add, beside Users", "click", "#content a[href='/admin/auth/user/add/']"),
    Act("the new name", "type", "#id_username", "{username}"),
    Act("the new password", "type", "#id_password1", PASSWORD),
    Act("the new password again", "type", "#id_password2", PASSWORD),
    Act("Save", "click", "input[name=_save]"),
    Act("the first name", "type", "#id_first_name", "{first_name}"),
    Act("the last name", "type", "#id_last_name", "{last_name}"),
    Act("the address", "type", "#id_email", "{email}"),
    Act("Staff status", "check", "#id_is_staff"),
    Act("the group Editors", "select", "#id_groups_from", "Editors"),
    Act(
        "the arrow to the right",
        "click",
        {"3.2": "#id_groups_add_link", "4.2": "#id_groups_add_link", "5.2": "#id_groups_add"},
    ),
    Act("Save the person", "click", "input[name=_save]"),
)
CHANGE = (
    Act("Users", "click", "//*[@id='content']//a[normalize-space()='Users']"),
    Act("only the staff", "click", "#changelist-filter a[href='?is_staff__exact=1']"),
    Act("dmitri", "click", "//*[@id='result_list']//a[normalize-space()='dmitri']"),
    Act("the last name", "type", "#id_last_name", "{last_name}"),
    Act(
        "Choose all groups",
        "click",
        {"3.2": "#id_groups_add_all_link", "4.2": "#id_groups_add_all_link", "5.2": "#id_groups_add_all"},
    ),
    Act("Save", "click", "input[name=_save]"),
)
DELETE = (
    Act("Users", "click", "//*[@id='content']//a[normalize-space()='Users']"),
    Act("elena's box", "check", "input.action-select[value='4']"),
    Act("the action", "select", "select[name=action]", "Delete selected users"),
    Act("Go", "click", "#changelist-form button[name=index]"),
    Act("Yes, I'm sure", "click", "#content form input[type=submit]"),
    Act(
        "Log out",
        "click",
        {"3.2": "#user-tools a[href='/admin/logout/']", **dict.fromkeys(("4.2", "5.2"), "#logout-form button")},
    ),
)
