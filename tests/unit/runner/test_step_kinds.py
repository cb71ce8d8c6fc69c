"""What steps say beyond their element: answers to dialogs, values taken before, pauses, comparisons."""

import re
from typing import Any

import pytest

from services.runner.adapters.asserting import regular_expression
from services.runner.adapters.reading import COMPARED
from services.runner.policies import interpolated, pause_of, with_dialogs
from shared.contracts.recording import Step
from shared.core.errors import InvalidInput


def step(event: str, **more: Any) -> Step:
    given = {"stepNumber": 1, "event": event, "navigation": {"type": "same_page"}, "bundle": {}}
    return Step.model_validate(given | more)


def dialog(**answer: Any) -> Step:
    return step("handleDialog", metadata={"dialog": answer})


def test_the_step_before_a_dialog_knows_its_answer() -> None:
    click, asked = with_dialogs([step("click", metadata={"button": "left"}), dialog(accept=False)])
    assert click.metadata == {"button": "left", "dialog": [{"accept": False}]}
    assert asked.metadata["dialog"] == {"accept": False}


def test_several_dialogs_are_answered_in_their_order() -> None:
    steps = with_dialogs([step("click"), dialog(text="a"), dialog(accept=False), step("click"), dialog(text="b")])
    assert [one.metadata.get("dialog") for one in steps if one.event == "click"] == [
        [{"text": "a"}, {"accept": False}],
        [{"text": "b"}],
    ]


def test_steps_without_dialogs_stay_as_they_are() -> None:
    steps = (step("click"), step("type", value="x"))
    assert with_dialogs(steps) == steps


def test_values_that_were_taken_are_put_in() -> None:
    assert interpolated("No. ${order} of ${ who }, $5 {x}", {"order": "7", "who": "Ada"}) == "No. 7 of Ada, $5 {x}"


def test_a_value_that_was_taken_is_not_read_again() -> None:
    assert interpolated("${a}", {"a": "${b}", "b": "secret"}) == "${b}"


def test_a_value_that_nobody_took_is_named_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"'order'.*: where"):
        interpolated("${order}", {"where": "here"})


@pytest.mark.parametrize(
    ("recorded", "given", "milliseconds"),
    [({"metadata": {"duration": 250}}, None, 250), ({"value": "1500"}, None, 1500), ({"value": "9"}, "20", 20)],
)
def test_a_wait_takes_as_long_as_it_says(recorded: dict[str, Any], given: str | None, milliseconds: float) -> None:
    assert pause_of(step("wait", **recorded), given) == milliseconds


@pytest.mark.parametrize("value", ["", "long", "-1", "nan", "inf"])
def test_a_wait_that_says_nothing_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="how long to wait"):
        pause_of(step("wait", value=value), None)


@pytest.mark.parametrize(
    ("pattern", "address", "fits"),
    [
        ("https://shop.test/orders/*", "https://shop.test/orders/7", True),
        ("https://shop.test/orders/*", "https://shop.test/orders/7/edit", False),
        ("**/orders/**", "https://shop.test/orders/7/edit", True),
        ("https://shop.test/a?b=1", "https://shop.test/a?b=1", True),
        ("https://shop.test/a.b", "https://shop.test/a-b", False),
        ("/done", "/done/else", False),
    ],
)
def test_a_pattern_of_an_address_means_what_its_stars_say(pattern: str, address: str, fits: bool) -> None:
    assert bool(re.search(regular_expression(pattern), address)) is fits


@pytest.mark.parametrize(
    ("operator", "now", "then", "holds"),
    [
        ("equals", "a", "a", True),
        ("contains", "abc", "b", True),
        ("starts_with", "abc", "b", False),
        ("ends_with", "abc", "c", True),
        ("more_than", "1,200", "1000", True),
        ("at_least", "7", "7", True),
        ("less_than", "seven", "8", False),
        ("at_most", "8", "8.5", True),
    ],
)
def test_texts_and_numbers_are_compared(operator: str, now: str, then: str, holds: bool) -> None:
    assert COMPARED[operator](now, then) is holds
