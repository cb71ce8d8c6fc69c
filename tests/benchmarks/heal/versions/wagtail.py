"""Wagtail with a small site of ours."""

import os
import secrets
from pathlib import Path
from typing import Any

from tests.benchmarks.heal.versions.acts import Act, Row, Task
from tests.benchmarks.heal.versions.release import Release

PROJECT = Path(__file__).parent / "wagtail_project"
PASSWORD = "correct-horse-9"
SET_UP = f"""
from django.contrib.auth import get_user_model
get_user_model().objects.create_superuser("editor", "editor@example.org", "{PASSWORD}")
"""


class Wagtail(Release):
    """News."""

    name = "wagtail"
    says = "Wagtail"
    health = "/admin/login/"
    releases = ("2.16", "5.2", "7.4")

    async def start(self) -> None:
        made = self.folder / "made_migrations"  # written by each release itself
        made.mkdir()
        (made / "__init__.py").touch()
        environment = {
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(self.folder)]),
            "DJANGO_SETTINGS_MODULE": "news_settings",
            "APP_SECRET": secrets.token_urlsafe(40),
            "APP_DATABASE": str(self.database),
            "APP_MEDIA": str(self.folder / "media"),
            "PYTHONWARNINGS": "ignore",
        }
        django = (self.python, "-m", "django")
        await self.run(*django, "makemigrations", "news", "--verbosity=0", **environment)
        await self.run(*django, "migrate", "--verbosity=0", **environment)
        await self.run(*django, "shell", "--command", SET_UP, **environment)
        await self.serve(*django, "runserver", "--noreload", f"127.0.0.1:{self.port}", **environment)

    @classmethod
    def tasks(cls) -> tuple[Task, ...]:
        return (
            Task("publish a page", (*SIGN_IN, *PUBLISH), NEWS[0], NEWS[1], PAGES, published),
            Task("add a user", (*SIGN_IN, *ADD), PEOPLE[0], PEOPLE[1], USERS, added),
        )


def published(row: Row) -> list[dict[str, Any]]:
    """One page, which can be read."""
    return [{**row, "featured": 1, "live": 1, "section": row["section"].lower()}]


def added(row: Row) -> list[dict[str, Any]]:
    """One more user, who edits."""
    return [{**row, "groups": "Editors"}]


NEWS = (
    {"title": "Harvest festival", "author": "Ana Lima", "day": "2027-09-12", "section": "City", "summary": "Pumpkins."},
    {"title": "Cup final", "author": "Ben Okri", "day": "2027-05-30", "section": "Sports", "summary": "Two to one."},
)
PEOPLE = tuple(
    {"username": username, "email": f"{username}@example.net", "first_name": first, "last_name": last}
    for username, first, last in (("fatima", "Fatima", "Haddad"), ("gunnar", "Gunnar", "Östberg"))
)
PAGES = """
SELECT p.title, n.author, n.day, n.section, n.summary, n.featured, p.live
FROM wagtailcore_page p JOIN news_newspage n ON n.page_ptr_id = p.id ORDER BY p.id
"""
USERS = """
SELECT username, email, first_name, last_name,
  (SELECT coalesce(group_concat(g.name, ', '), '') FROM auth_group g
   JOIN auth_user_groups j ON j.group_id = g.id WHERE j.user_id = u.id) AS groups
FROM auth_user u WHERE username <> 'editor' ORDER BY id
"""
LATER = ("5.2", "7.4")
ENTRY = "contains(@class, 'sidebar-menu-item__link')"
SIGN_IN = (
    Act("the admin", "open", value="/admin/"),
    Act("the user's name", "type", "#id_username", "editor"),
    Act("the password", "type", "#id_password", PASSWORD),
    Act("Sign in", "click", "form button[type=submit]"),
)
PUBLISH = (
    Act(
        "Pages",
        "click",
        {
            "2.16": f"//a[{ENTRY}][normalize-space()='Pages']",
            **dict.fromkeys(LATER, f"//button[{ENTRY}][normalize-space()='Pages']"),
        },
    ),
    Act("the site", "click", "a.c-page-explorer__item__link[href='/admin/pages/2/']"),
    Act(
        "Add child page",
        "click",
        {
            "2.16": "a.bicolor[href='/admin/pages/2/add_subpage/']",
            "5.2": ".w-slim-header a[href='/admin/pages/2/add_subpage/']",
            "7.4": "a.w-header-button[href='/admin/pages/2/add_subpage/']",
        },
    ),
    Act("the title", "type", "#id_title", "{title}"),
    Act("the author", "type", "#id_author", "{author}"),
    Act("the day", "type", "#id_day", "{day}"),
    Act("the section", "select", "#id_section", "{section}"),
    Act("Featured", "check", "#id_featured"),
    Act("the summary", "type", "#id_summary", "{summary}"),
    Act("the page's Settings, which have become a panel", "click", {"2.16": "a[href='#tab-settings']"}),
    Act(
        "what else can be done",
        "click",
        {
            **dict.fromkeys(("2.16", "5.2"), "footer .dropdown-toggle"),
            "7.4": "footer .w-dropdown__toggle",
        },
    ),
    Act("Publish", "click", "button[name=action-publish]"),
)
ADD = (
    Act("Settings", "click", f"//button[{ENTRY}][normalize-space()='Settings']"),
    Act("Users", "click", "a.sidebar-menu-item__link[href='/admin/users/']"),
    Act(
        "Add a user",
        "click",
        {
            **dict.fromkeys(("2.16", "5.2"), "header a[href='/admin/users/add/']"),
            "7.4": "header a[href='/admin/users/new/']",
        },
    ),
    Act("the new name", "type", "#id_username", "{username}"),
    Act("the address", "type", "#id_email", "{email}"),
    Act("the first name", "type", "#id_first_name", "{first_name}"),
    Act("the last name", "type", "#id_last_name", "{last_name}"),
    Act("the new password", "type", "#id_password1", PASSWORD),
    Act("the new password again", "type", "#id_password2", PASSWORD),
    Act(
        "on to the roles",
        "click",
        {"2.16": "#account a[href='#roles']", **dict.fromkeys(LATER, "#tab-account a[href='#tab-roles']")},
    ),
    Act("the group Editors", "check", "#id_groups_1"),
    Act(
        "Add user",
        "click",
        {
            **dict.fromkeys(("2.16", "5.2"), "//button[normalize-space()='Add user']"),
            "7.4": "//button[normalize-space()='Create']",
        },
    ),
)
