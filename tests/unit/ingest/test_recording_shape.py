"""The published shape of a recording, and the words that a step may use."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.ingest.adapters.schema import recording_schema, schema_text
from shared.contracts.recording import Step
from shared.contracts.steps import (
    address_of,
    canonical_event,
    element_type_known,
    is_password,
    is_thin,
    sounds_secret,
    takes_value,
)
from shared.core.errors import InvalidInput

VALIDATOR = Draft202012Validator(recording_schema())
PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "reference" / "recording.schema.json"


def step(**changed: Any) -> dict[str, Any]:
    plain = {"stepNumber": 1, "event": "click", "navigation": {"type": "same_page"}, "bundle": {"id": "go"}}
    return {key: value for key, value in {**plain, **changed}.items() if value is not ...}


def recording(*steps: Any, **around: Any) -> dict[str, Any]:
    return {"name": "n", "starting_url": "https://example.com/", "steps": list(steps), **around}


def read(**changed: Any) -> Step:
    return Step.model_validate(step(**{"event": "type", "value": "x", **changed}))


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert PUBLISHED.read_text() == schema_text()


def test_the_schema_itself_is_valid() -> None:
    Draft202012Validator.check_schema(recording_schema())


def test_a_right_recording_is_valid() -> None:
    VALIDATOR.validate(recording(step(), step(stepNumber=2, event="type", x=1.5), variables={"A": {"stepNumber": 2}}))


@pytest.mark.parametrize(
    "wrong",
    [
        recording(),
        recording(step(stepNumber=0)),
        recording(step(bundle=...)),
        recording(step(event="fly")),
        recording(step(bundle={"dataAttrs": {"a": 1}})),
        recording(step(x="4")),
        recording(step(), starting_url="file:///etc/passwd"),
        recording(step(), variables={"A": {}}),
    ],
)
def test_a_wrong_recording_is_not_valid(wrong: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(wrong)


@pytest.mark.parametrize(
    ("word", "event"),
    [
        ("page_load", "navigate"), ("navigation", "navigate"), ("dblclick", "double_click"),
        ("doubleClick", "double_click"), ("right-click", "right_click"), ("input", "type"), ("change", "type"),
        ("sendKeys", "type"), ("keyDown", "key_down"), ("KEY_PRESS", "key_press"), ("mouse_move", "mouse_move"),
        ("mouseenter", "mouse_enter"), ("mouse_out", "mouse_leave"), ("setViewport", "resize"), ("drop", "drop"),
        ("mousedown", "page_event"), ("back", "go_back"), ("selectWindow", "switch_tab"), ("pause", "wait"),
        ("executeScript", "run_script"), ("waitForURL", "wait_for_url"), ("uploadFile", "upload"),
        ("waitForElement", "wait_for_element"), ("emulateNetworkConditions", "emulate_network"),
        ("customStep", "custom"), ("close", "close"), ("hover", "hover"), ("submit", "submit"),
    ],
)  # fmt: skip
def test_every_word_of_the_documents_and_recorders_has_one_meaning(word: str, event: str) -> None:
    assert canonical_event(word) == event


def test_a_value_given_to_a_list_or_a_box_is_no_typing() -> None:
    assert canonical_event("change", "SELECT") == "select"
    assert canonical_event("input", "input", "checkbox") == "check"
    assert canonical_event("change", "input", "email") == "type"
    assert canonical_event("click", "select") == "click"


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r'"fly" .* navigate, click, double_click'):
        canonical_event("fly")


@pytest.mark.parametrize(
    "name",
    ["Password", "Passwort:", "id_password2", "newPassword", "user_pass", "Kennwort", "Contraseña", "Mot de passe",
     "hasło", "Heslo", "Şifre", "Wachtwoord", "Lösenord", "Κωδικός", "Пароль", "PIN", "cardCVV", "CVC2", "API key",
     "auth_token", "One-time code", "input[name='pwd']", "密码", "パスワード", "비밀번호", "كلمة المرور", "סיסמה",
     "รหัสผ่าน", "Mật khẩu", "passsword"],
)  # fmt: skip
def test_names_of_secrets_are_known_in_many_languages(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize(
    "name",
    ["shipping", "Spinner", "opinion", "Pinterest", "secretary", "Compass", "Passport number", "E-mail", "notes"],
)
def test_words_that_only_look_alike_are_no_secrets(name: str) -> None:
    assert not sounds_secret(name)


def test_a_known_type_of_field_decides_before_any_name() -> None:
    assert is_password(read(label="Word", metadata={"elementType": "password"}))
    assert not is_password(read(label="Password hint", metadata={"elementType": "text"}))
    assert is_password(read(label="Password hint"))
    assert not is_password(Step.model_validate(step(label="Forgot password?")))


@pytest.mark.parametrize(
    "place",
    [
        {"selector": "#user_pass"},
        {"bundle": {"placeholder": "Your PIN"}},
        {"bundle": {"dataAttrs": {"data-testid": "login-password"}}},
        {"metadata": {"selectors": [["my-field#password", "input"]]}},
    ],
)
def test_any_name_of_the_field_can_tell_that_it_is_secret(place: dict[str, Any]) -> None:
    assert is_password(read(**place))


def test_only_steps_that_give_a_value_take_one() -> None:
    assert takes_value(read())
    assert takes_value(Step.model_validate(step(event="uncheck")))
    assert not takes_value(Step.model_validate(step()))
    assert takes_value(Step.model_validate(step(event="assert", value="4711")))
    assert not takes_value(Step.model_validate(step(event="assert")))


def test_the_type_is_known_when_the_recorder_said_so_or_the_tag_leaves_no_choice() -> None:
    assert element_type_known(read(metadata={"elementType": "text"}))
    assert element_type_known(read(bundle={"tag": "textarea"}))
    assert not element_type_known(read(bundle={"tag": "input"}))


def test_what_only_locators_tell_of_an_element_is_thin() -> None:
    assert is_thin(read(selector="#a", bundle={"id": "a", "xpath": "//a", "name": "a", "aria": "a"}))
    seen = {"tag": "a", "xpath": "//a", "bounding": {"left": 1, "top": 1, "width": 9, "height": 9}}
    assert not is_thin(read(bundle=seen))
    assert not is_thin(Step.model_validate(step(event="resize", bundle={})))


def test_an_address_is_the_value_or_where_the_step_led() -> None:
    led = {"type": "navigation", "url": "https://a.example/"}
    assert address_of(Step.model_validate(step(event="goto", navigation=led))) == "https://a.example/"
    assert address_of(Step.model_validate(step(event="goto", value="https://b.example/", navigation=led))) == (
        "https://b.example/"
    )
    assert address_of(Step.model_validate(step(navigation=led))) is None


def test_the_schema_is_plain_json() -> None:
    assert json.loads(schema_text()) == recording_schema()
