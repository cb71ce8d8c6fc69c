"""What a terminal shows: no secret, no markup, nothing that steers it."""

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from services.cli.importing import locators, where
from services.cli.showing import cell, milliseconds, plain, without_secrets
from shared.secrets import MASK, SEALED_PREFIX


@given(st.text())
def test_nothing_that_is_shown_can_steer_a_terminal(text: str) -> None:
    shown = plain(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)


def test_ordinary_text_is_shown_as_it_is() -> None:
    assert plain("Grüße, 世界 🎉") == "Grüße, 世界 🎉"
    assert plain("two\nlines") == "two lines"
    assert (plain(None), plain(True), plain(0)) == ("", "yes", "0")


def test_markup_in_a_cell_is_only_text() -> None:
    console = Console(width=60, force_terminal=True, color_system="truecolor")
    with console.capture() as captured:
        console.print(cell("[red]not red[/red]"))
    assert captured.get() == "[red]not red[/red]\n"


def test_sealed_values_are_masked_wherever_they_stand() -> None:
    data = {"rows": [{"password": f"{SEALED_PREFIX}v1:abc", "name": "Ada"}], "count": 1}
    assert without_secrets(data) == {"rows": [{"password": MASK, "name": "Ada"}], "count": 1}


def test_durations_are_read_at_a_glance() -> None:
    told = [milliseconds(ms) for ms in (0, 999, 1500, 59_940, 61_000, 3_600_000, 5_460_000)]
    assert told == ["0 ms", "999 ms", "1.5 s", "59.9 s", "1 min 01 s", "1 h 00 min", "1 h 31 min"]
    assert milliseconds(None) == ""


def test_a_step_is_named_by_the_best_that_is_known_of_it() -> None:
    same_page = {"type": "same_page"}
    assert where({"label": "E-mail", "selector": "#e", "navigation": same_page}) == "E-mail"
    assert where({"selector": "#e", "navigation": same_page}) == "#e"
    assert where({"navigation": {"type": "navigation", "url": "http://x.test/"}}) == "http://x.test/"


def test_locators_are_told_thin_full_taught_or_not_needed() -> None:
    step = {"stepNumber": 1, "event": "click", "navigation": {"type": "same_page"}}
    box = {"left": 1, "top": 1, "width": 1, "height": 1}
    full = {"tag": "button", "id": "save", "bounding": box}
    assert locators({**step, "bundle": {}}) == "none needed"
    assert locators({**step, "bundle": {"id": "save"}}) == "thin"
    assert locators({**step, "bundle": full}) == "full"
    assert locators({**step, "bundle": full, "metadata": {"taught": True}}) == "taught"
    assert locators({**step, "event": "moonwalk", "bundle": "?"}) == "unknown"
