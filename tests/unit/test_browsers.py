"""Which browsers there are, which are installed, and which are offered."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.runner.adapters.options import SessionOptions
from services.runner.adapters.starting import Kind, Remote, Starter, driver_for, read_remotes
from services.runner.standing import browsers_now, workers_now
from shared.browsers import find_firefox, installed
from shared.bus.presence import InHand, Offered, Present, why_not_offered
from shared.contracts.browsers import BROWSER_TYPES, browser_type
from shared.core.errors import InvalidInput
from shared.ops.machine import cores, free_memory_mb

CHROMIUM = Offered("chromium", "cdp", "156.0", "/usr/bin/chromium")
FIREFOX = Offered("firefox", "playwright", "153.7", "/usr/bin/firefox")
NO_FIREFOX = Offered("firefox", "playwright", reason="no Firefox was found")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("firefox-mobile", "firefox-mobile"),
        ("Firefox Mobile", "firefox-mobile"),
        ("firefox", "firefox-desktop"),
        ("chrome", "chromium-desktop"),
        ("Safari", "webkit-desktop"),
    ],
)
def test_a_browser_type_is_known_by_key_name_and_engine(name: str, key: str) -> None:
    assert browser_type(name).key == key


def test_a_browser_type_that_is_none_is_told_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"'lynx'.*chromium-desktop, firefox-desktop"):
        browser_type("lynx")


def test_there_are_three_engines_on_two_devices() -> None:
    assert len({(kind.type, kind.device_type) for kind in BROWSER_TYPES}) == len(BROWSER_TYPES) == 6
    assert all(kind.user_agent for kind in BROWSER_TYPES if kind.is_mobile)


def test_an_installed_firefox_tells_its_version(tmp_path: Path) -> None:
    program(tmp_path / "firefox-esr", "Mozilla Firefox 153.7.0esr")
    found = installed("firefox", environment={"PATH": str(tmp_path)})
    assert (found.path, found.version, found.available) == (tmp_path / "firefox-esr", "153.7.0esr", True)


def test_the_firefox_that_a_person_names_is_the_only_one(tmp_path: Path) -> None:
    program(tmp_path / "firefox", "Firefox 1.0")
    mine = program(tmp_path / "mine", "Firefox 2.0")
    assert find_firefox({"PATH": str(tmp_path), "RETOLD_FIREFOX": str(mine)}) == str(mine)
    assert find_firefox({"PATH": str(tmp_path), "RETOLD_FIREFOX": str(tmp_path / "none")}) is None


def test_a_browser_that_does_not_start_is_not_available(tmp_path: Path) -> None:
    broken = program(tmp_path / "firefox", "")
    assert installed("firefox", broken).reason == f"{broken} does not start: it does not tell its version"
    assert "no Chromium was found" in str(
        installed("chromium", environment={"PATH": "", "HOME": "/nowhere"}).reason
    ) or (
        installed("chromium", environment={"PATH": "", "HOME": "/nowhere"}).available  # in one of the usual places
    )


def test_a_webkit_without_its_driver_is_told_by_what_is_missing() -> None:
    assert installed("webkit", environment={"PATH": ""}).reason == (
        "no WebKit was found: install the package webkit2gtk-driver"
    )


def test_the_fastest_driver_that_can_do_it_is_chosen() -> None:
    assert driver_for("chromium", recorded=False) == "cdp"
    assert driver_for("chromium", recorded=True) == "playwright"
    assert driver_for("firefox", recorded=False) == "playwright"
    starter = Starter(remotes=[Remote.read("http://there:9222")])
    assert starter.kind_for("chromium", SessionOptions(trace=True), None) == Kind("chromium", "cdp")
    assert starter.kind_for("firefox", SessionOptions(), None) == Kind("firefox", "playwright")
    assert Starter().kind_for("chromium", SessionOptions(), "playwright") == Kind("chromium", "playwright")


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("http://there:9222", Remote(Kind("chromium", "cdp"), "http://there:9222")),
        ("cdp+wss://there/x?token=1", Remote(Kind("chromium", "cdp"), "wss://there/x?token=1")),
        ("playwright+ws://there:1/#firefox", Remote(Kind("firefox", "playwright"), "ws://there:1/")),
    ],
)
def test_an_address_says_how_a_browser_is_reached(text: str, remote: Remote) -> None:
    assert Remote.read(text) == remote


def test_a_browser_on_another_machine_is_told_apart() -> None:
    starter = Starter(remotes=[Remote.read("http://there:9222"), Remote.read("playwright+ws://127.0.0.1:1/#firefox")])
    assert starter.is_elsewhere(Kind("chromium", "cdp"))
    assert not starter.is_elsewhere(Kind("firefox", "playwright"))
    assert not Starter().is_elsewhere(Kind("chromium", "cdp"))


@pytest.mark.parametrize("text", ["there:9222", "ftp://there", "playwright+http://there", "cdp+ws://there#firefox"])
def test_an_address_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="there"):
        Remote.read(text)
    assert read_remotes(None) == read_remotes(" , ") == []


def test_a_browser_that_nobody_has_is_refused_with_what_there_is() -> None:
    workers = [Present(4, browsers=(CHROMIUM, NO_FIREFOX)), Present(0, browsers=(FIREFOX,))]
    assert why_not_offered(workers, "chromium") is None
    assert why_not_offered(workers, "firefox") == (
        "no runner has firefox (no Firefox was found); the runners that are there have: chromium"
    )
    assert why_not_offered([*workers, Present(1, browsers=(FIREFOX,))], "firefox") is None


def test_a_runner_of_an_earlier_release_has_a_chromium_and_one_is_always_expected() -> None:
    assert why_not_offered([Present(4)], "chromium") is None
    assert why_not_offered([Present(4)], "webkit") is not None
    assert why_not_offered([], "chromium") is None
    assert why_not_offered([], "firefox") == "no runner is there that has firefox"


def noted(worker_id: str, status: str, ago: timedelta) -> dict[str, object]:
    told = {"slots": 4, "browsers": [{"engine": "chromium", "driver": "cdp", "version": "155"}]}
    times = {"last_heartbeat": NOW - ago, "started_at": NOW - timedelta(hours=1)}
    return {"id": worker_id, "worker_id": worker_id, "worker_region": None, "status": status, "metadata": told, **times}


def test_a_worker_is_busy_idle_or_offline_and_unhealthy_when_it_went_without_a_word() -> None:
    rows = [
        noted("busy", "idle", timedelta(seconds=5)),
        noted("idle", "busy", timedelta(seconds=5)),
        noted("ended", "offline", timedelta(seconds=5)),
        noted("lost", "busy", timedelta(seconds=61)),
    ]
    present = {"busy": Present(2, rows=(InHand("others", "their-job", 0), InHand("ours", "our-job", 3)))}
    shown = {each["worker_id"]: each for each in workers_now(rows, present, "ours", NOW)}
    statuses = {name: (each["status"], each["unhealthy"]) for name, each in shown.items()}
    assert statuses == {
        "busy": ("busy", False),
        "idle": ("busy", False),  # heard of within the minute
        "ended": ("offline", False),
        "lost": ("offline", True),
    }
    assert shown["busy"]["current_job_id"] == "our-job"
    assert shown["busy"]["rows"] == [{"job_id": "our-job", "row_index": 3}]
    assert shown["busy"]["busy_slots"] == 2


def test_a_browser_type_says_where_it_is_installed_or_why_it_is_nowhere() -> None:
    types = [{"id": kind.id, "type": kind.type} for kind in BROWSER_TYPES[:3]]
    present = {"w": Present(4, browsers=(CHROMIUM, NO_FIREFOX))}
    chromium, firefox, webkit = browsers_now(types, present)
    assert (chromium["available"], chromium["reason"], chromium["slots"]) == (True, None, 4)
    assert [each["executable"] for each in chromium["installed"]] == ["/usr/bin/chromium"]
    assert (firefox["available"], "no Firefox was found" in firefox["reason"]) == (False, True)
    assert (webkit["available"], webkit["installed"]) == (False, [])
    assert {each["reason"] for each in browsers_now(types, {})} >= {"no runner is there"}


def test_a_containers_limits_count(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text(str(300 * 1024**2))
    (tmp_path / "memory.current").write_text(str(100 * 1024**2))
    assert 1.0 <= cores(tmp_path) <= 1.5
    assert free_memory_mb(tmp_path) == 200
    (tmp_path / "memory.max").write_text("max")
    assert free_memory_mb(tmp_path) > 200
