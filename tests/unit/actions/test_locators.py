"""Where an element is, in the spellings of CSS, Playwright, Selenium and Chrome's recorder."""

from typing import Any

import pytest

from shared.actions.locators import alternatives_of
from shared.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ("#save", ["#save"]),
        ("a[href='x=y']", ["a[href='x=y']"]),
        ("css=#save", ["#save"]),
        ("css/#save", ["#save"]),
        ("text=Save me", ["text/Save me"]),
        ("text='Save'", ["text/Save"]),
        ('"Save"', ["text/Save"]),
        ("aria/Save", ["aria/Save"]),
        ('role=button[name="Save"]', ['aria/Save[role="button"]']),
        ("role=link", ['aria/[role="link"]']),
        ("label=E-mail", ["aria/E-mail"]),
        ("link=Home", ['aria/Home[role="link"]']),
        ("id=a:b", ['[id="a:b"]']),
        ('name=q"x', ['[name="q\\"x"]']),
        ("placeholder=Your name", ['[placeholder="Your name"]']),
        ("data-testid=go", ['[data-testid="go"]']),
        ("xpath=//a[@b='c']", ["xpath///a[@b='c']"]),
        ("//form/input", ["xpath///form/input"]),
        ("(//a)[1]", ["xpath/(//a)[1]"]),
        ("button:has-text('Go on')", ["button", "text/Go on"]),
        (":contains(Go)", ["text/Go"]),
        ("form >> text=Save", ["form", "text/Save"]),
        ("a[title='x >> y']", ["a[title='x >> y']"]),
        ("my-app >>> #x", ["my-app", "pierce/#x"]),
        ({"role": "button", "name": "Save"}, ['aria/Save[role="button"]']),
        ({"by": "css selector", "value": "#q"}, ["#q"]),
        ({"xpath": "//a"}, ["xpath///a"]),
    ],
)
def test_a_locator_is_read_in_any_spelling(given: Any, parts: list[str]):
    assert alternatives_of(given) == [parts]


def test_a_list_has_alternatives():
    assert alternatives_of(["#a", "text=B"]) == [["#a"], ["text/B"]]


@pytest.mark.parametrize(
    "given",
    ["", "  ", "a:visible", "a[href", "a[x='y]", "text=", "role=two words", {"foo": "x"}, 3, None, [], "x" * 2001],
)
def test_what_names_no_element_is_refused(given: Any):
    with pytest.raises(InvalidInput):
        alternatives_of(given)
