"""The demo's site and its recording, against the real Django releases and a real Chromium."""

import asyncio
import csv
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unicodedata import is_normalized

import httpx2
import pytest
from playwright.async_api import Page, async_playwright

from infra.demo.django_site import DjangoSite, Release
from infra.demo.recording import PEOPLE, recording_for
from shared.core.errors import Unavailable

pytestmark = pytest.mark.timeout(120)

CHROMIUMS = ("chromium-headless-shell", "chromium", "google-chrome")
LOG_OUT = 23

# All elements that one alternative of a Recorder step means, as DevTools' own replay reads it.
FIND = r"""(selector) => {
  const [, kind, rest] = /^(?:(xpath|pierce|text)\/)?(.*)$/s.exec(selector);
  if (kind === 'xpath') {
    const found = document.evaluate(rest, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
    return Array.from({length: found.snapshotLength}, (_, index) => found.snapshotItem(index));
  }
  if (kind !== 'text') return [...document.querySelectorAll(rest)];
  const says = (element) => (element.matches('input') ? element.value : element.textContent).includes(rest);
  const all = [...document.body.querySelectorAll(':not(script, style)')].filter(says);
  return all.filter((element) => !all.some((other) => other !== element && element.contains(other)));
}"""


class Walk:
    """Replays the recording on a page by hand and counts what each recorded selector finds."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def found(self, selector: str) -> set[int]:
        """The numbers (DevTools' own) of the elements that a selector finds."""
        devtools = await self.page.context.new_cdp_session(self.page)
        try:
            if selector.startswith("aria/"):
                document = await devtools.send("DOM.getDocument")
                query = {"nodeId": document["root"]["nodeId"], "accessibleName": selector[5:]}
                nodes = (await devtools.send("Accessibility.queryAXTree", query))["nodes"]
                text = {"StaticText", "InlineTextBox"}
                return {node["backendDOMNodeId"] for node in nodes if node["role"]["value"] not in text}
            call = {"expression": f"({FIND})({json.dumps(selector)})"}
            array = (await devtools.send("Runtime.evaluate", call))["result"]["objectId"]
            items = await devtools.send("Runtime.getProperties", {"objectId": array, "ownProperties": True})
            ids = [item["value"]["objectId"] for item in items["result"] if item["name"].isdigit()]
            nodes = [(await devtools.send("DOM.describeNode", {"objectId": item}))["node"] for item in ids]
            return {node["backendNodeId"] for node in nodes}
        finally:
            await devtools.detach()

    async def take(self, step: dict[str, Any], css: str) -> None:
        """Do what a step says with the element at `css`."""
        match step["type"]:
            case "navigate":
                await self.page.goto(step["url"])
            case "click" if "assertedEvents" in step:
                async with self.page.expect_navigation():
                    await self.page.locator(css).click()
            case "click":
                await self.page.locator(css).click()
            case "change":
                await self.page.locator(css).fill(step["value"])
            case "keyDown":
                await self.page.keyboard.down(step["key"])
            case "keyUp":
                await self.page.keyboard.up(step["key"])
            case "setViewport":
                await self.page.set_viewport_size({"width": step["width"], "height": step["height"]})
            case other:
                raise AssertionError(other)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a home with spaces")


def chromium(playwrights_own: str) -> str:
    """The browser of this machine, found as the product finds it."""
    others = [found for name in CHROMIUMS if (found := shutil.which(name))]
    candidates = [os.environ.get("RETOLD_CHROMIUM"), shutil.which(playwrights_own), *others]
    return next(filter(None, candidates), playwrights_own)


@asynccontextmanager
async def chromium_page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        path = chromium(playwright.chromium.executable_path)
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


def alternatives(step: dict[str, Any]) -> list[str]:
    return [path for (path,) in step.get("selectors", [])]


def plain_css(step: dict[str, Any]) -> str:
    return next((path for path in alternatives(step) if not path.startswith(("aria/", "xpath/"))), "")


async def numbers_found(site: DjangoSite, instead: dict[int, str]) -> list[list[set[int]]]:
    """Walk the recording on a site; for each step, what each of its alternatives found just before it.

    `instead` gives the CSS to act on for the steps (by index) whose recorded CSS does not lead on.
    """
    steps = recording_for(site.url, site.admin_password)["steps"]
    found = []
    async with chromium_page() as page:
        walk = Walk(page)
        for index, step in enumerate(steps):
            found.append([await walk.found(alternative) for alternative in alternatives(step)])
            await walk.take(step, instead.get(index, plain_css(step)))
    return found


@pytest.mark.parametrize("release", ["old", "new"])
async def test_each_release_serves_its_admin_and_starts_with_no_users(home: Path, release: Release) -> None:
    said: list[str] = []
    async with DjangoSite(home, release, progress=said.append) as site:
        async with httpx2.AsyncClient(trust_env=False) as client:
            page = await client.get(f"{site.url}/admin/login/")
            style = await client.get(f"{site.url}/static/admin/css/base.css")
        assert page.status_code == style.status_code == 200
        assert "Django administration" in page.text
        assert site.users() == []
    assert said[-1] == f"starting Django {site.version}"


async def test_the_new_release_takes_over_the_address_of_the_old_one(home: Path) -> None:
    async with DjangoSite(home, "old") as old:
        port = int(old.url.rpartition(":")[2])
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.get(f"{old.url}/admin/login/")
    async with DjangoSite(home, "new", port) as new:
        assert new.url == old.url
    assert new.version > old.version


async def test_a_port_that_is_taken_is_reported_in_a_sentence(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        site = DjangoSite(home, "new", taken.getsockname()[1])
        with pytest.raises(Unavailable, match=r"on port \d+: Address already in use"):
            await site.__aenter__()


async def until_refused(client: httpx2.AsyncClient, url: str) -> None:
    for _ in range(50):
        try:
            await client.get(url)
        except httpx2.TransportError:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{url} still answers")


async def test_the_site_dies_with_a_killed_parent(home: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from infra.demo.django_site import DjangoSite\n"
        "async def main():\n"
        "    async with DjangoSite(Path(sys.argv[1]), 'new') as site:\n"
        "        print(site.url, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(home), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    url = (await parent.stdout.readline()).decode().strip()
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{url}/admin/login/")).status_code == 200
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
        await until_refused(client, url)


async def test_every_recorded_selector_finds_exactly_its_element_on_the_old_release(home: Path) -> None:
    async with DjangoSite(home, "old") as site:
        found = await numbers_found(site, {})
        (user,) = site.users()
    for index, alternatives_found in enumerate(found):
        assert all(len(elements) == 1 for elements in alternatives_found), (index, alternatives_found)
        assert len(set().union(*alternatives_found)) <= 1, (index, alternatives_found)
    assert user == {
        "id": 2,
        "username": "grace.hopper",
        "first_name": "Grace",
        "last_name": "Hopper",
        "email": "grace.hopper@example.com",
        "is_staff": False,
    }


async def test_the_new_release_broke_the_recorded_css_and_xpath_of_log_out_and_nothing_else(
    home: Path,
) -> None:
    async with DjangoSite(home, "new") as site:
        steps = recording_for(site.url, site.admin_password)["steps"]
        found = await numbers_found(site, {LOG_OUT: "#logout-form button"})
        assert [user["username"] for user in site.users()] == ["grace.hopper"]
    *others, log_out = found
    assert all(len(elements) == 1 for step in others for elements in step)
    lost = [path for path, elements in zip(alternatives(steps[LOG_OUT]), log_out, strict=True) if not elements]
    assert lost == ["a:nth-of-type(3)", 'xpath///*[@id="user-tools"]/a[3]', "pierce/a:nth-of-type(3)"]


def test_a_recording_made_with_css_alone_keeps_one_selector_a_step() -> None:
    steps = recording_for("http://127.0.0.1:4711/", "secret", kinds={"css"})["steps"]
    assert steps[1]["url"] == "http://127.0.0.1:4711/admin/login/?next=/admin/"
    assert alternatives(steps[LOG_OUT]) == ["a:nth-of-type(3)"]
    assert all(len(alternatives(step)) == 1 for step in steps if "selectors" in step)
    assert [step["value"] for step in steps if step.get("value") in ("secret", "ADMIN-PASSWORD")] == ["secret"]
    assert "127.0.0.1:8000" not in json.dumps(steps)


def people() -> list[dict[str, str]]:
    with PEOPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_people_are_25_different_ones_with_awkward_names() -> None:
    assert len({person["username"] for person in people()}) == len(people()) == 25
    assert len({person["password"] for person in people()}) == 25
    text = PEOPLE.read_text(encoding="utf-8")
    assert is_normalized("NFC", text)
    assert not text.isascii()
    assert any("," in person["last name"] for person in people())
    assert any("'" in person["last name"] for person in people())


async def add_over_http(site: DjangoSite, person: dict[str, str]) -> None:
    """Add one person as a browser would: log in, add, fill in the names."""
    async with httpx2.AsyncClient(base_url=site.url, trust_env=False, timeout=60) as client:

        async def post(path: str, form: dict[str, str]) -> str:
            await client.get(path)
            token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
            answer = await client.post(path, data=form | token, headers={"Referer": site.url})
            assert answer.status_code == 302, (person, answer.text)
            return str(answer.headers["Location"])

        await post("/admin/login/", {"username": "admin", "password": site.admin_password})
        typed = {"username": person["username"], "usable_password": "true"}
        passwords = {"password1": person["password"], "password2": person["password"]}
        user = await post("/admin/auth/user/add/", typed | passwords)
        names = {"first_name": person["first name"], "last_name": person["last name"]}
        joined = {"date_joined_0": "2024-05-01", "date_joined_1": "12:00:00", "is_active": "on"}
        await post(user, typed | names | joined | {"email": person["email"]})


@pytest.mark.slow
@pytest.mark.parametrize("release", ["old", "new"])
async def test_ten_browsers_at_once_add_the_25_people_without_a_locked_database(home: Path, release: Release) -> None:
    turns = asyncio.Semaphore(10)

    async def in_turn(site: DjangoSite, person: dict[str, str]) -> None:
        async with turns:
            await add_over_http(site, person)

    async with DjangoSite(home, release) as site:
        async with asyncio.TaskGroup() as group:
            for person in people():
                group.create_task(in_turn(site, person))
        users = site.users()
    columns = {"username": "username", "first_name": "first name", "last_name": "last name", "email": "email"}
    added = [tuple(user[column] for column in columns) for user in users]
    assert sorted(added) == sorted(tuple(person[name] for name in columns.values()) for person in people())
