"""Columns fill the steps that they name; whatever is doubtful is asked, never guessed."""

import pytest

from services.scheduler.adapters.column_mapping import ColumnMapping, map_columns
from shared.contracts.recording import Variable
from shared.core.errors import InvalidInput


def variable(step: int, column: str | None = None, required: bool = False) -> Variable:
    return Variable(step_number=step, csv_column=column, required=required)


SIGN_UP = {"Email Address": variable(1, "mail"), "Password": variable(2), "Newsletter": variable(3)}


def refusal(columns: list[str], variables: dict[str, Variable], explicit: dict[str, str] | None = None) -> str:
    with pytest.raises(InvalidInput) as refused:
        map_columns(columns, variables, explicit or {})
    return refused.value.detail


def test_a_column_fills_the_label_that_it_names_whatever_the_capitals_and_spaces() -> None:
    for column in ("Email Address", "email_address", "EMAIL-ADDRESS", "emailaddress"):
        assert map_columns([column], SIGN_UP, {}).mapping == {column: "Email Address"}


def test_the_column_that_the_recording_names_comes_before_the_one_of_the_label() -> None:
    mapped = map_columns(["Email Address", "Mail"], SIGN_UP, {})
    assert mapped == ColumnMapping({"Mail": "Email Address"}, ("Email Address",), ())


def test_what_the_caller_says_comes_first() -> None:
    mapped = map_columns(["mail", "other"], SIGN_UP, {"other": "Email Address"})
    assert mapped.mapping == {"other": "Email Address"}
    assert mapped.unmapped == ("mail",)


def test_columns_that_fill_nothing_are_shown() -> None:
    assert map_columns(["mail", "age"], SIGN_UP, {}).unmapped == ("age",)


@pytest.mark.parametrize(
    ("explicit", "hint"),
    [
        ({"mial": "Password"}, 'did you mean "mail"?'),
        ({"mail": "Pasword"}, 'did you mean "Password"?'),
        ({"mail": "zzz"}, '"Newsletter"'),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(explicit: dict[str, str], hint: str) -> None:
    assert hint in refusal(["mail"], SIGN_UP, explicit)


def test_two_columns_told_to_fill_one_label_are_refused() -> None:
    assert '"a", "b"' in refusal(["a", "b"], SIGN_UP, {"a": "Password", "b": "Password"})


def test_two_columns_of_one_name_are_refused() -> None:
    assert "would both fill" in refusal(["pass word", "PASSWORD"], SIGN_UP)


def test_a_column_that_could_fill_two_labels_is_refused() -> None:
    assert "say which" in refusal(["e mail"], {"E-Mail": variable(1), "email": variable(2)})


def test_a_column_that_could_mean_the_first_or_the_second_field_of_a_name_is_refused() -> None:
    twice = {"Username": variable(1), "Username (2)": variable(2)}
    assert 'for example --map "user_name=Username (2)"' in refusal(["user_name"], twice)
    assert map_columns(["Username"], twice, {}).mapping == {"Username": "Username"}
    assert map_columns(["username", "username (2)"], twice, {"username": "Username"}).mapping == {
        "username": "Username",
        "username (2)": "Username (2)",
    }


def test_a_field_that_repeats_another_leaves_no_doubt() -> None:
    confirmed = {"Password": variable(1), "Password (2)": Variable(step_number=2, same_as="Password")}
    assert map_columns(["password"], confirmed, {}).mapping == {"password": "Password"}


def test_an_exact_name_settles_which_of_two_alike_is_meant() -> None:
    alike = {"E-Mail": variable(1), "email": variable(2)}
    assert map_columns(["email", "E-Mail"], alike, {}).mapping == {"email": "email", "E-Mail": "E-Mail"}


def test_only_a_required_label_without_column_and_recorded_value_is_missing() -> None:
    needed = {"User": variable(1, required=True), "Code": variable(2, required=True), "Note": variable(3)}
    assert map_columns(["user"], needed, {}).missing == ("Code",)
    assert map_columns(["user"], needed, {}, defaults={"Code"}).missing == ()


def test_a_table_of_which_nothing_fits_is_refused() -> None:
    assert "No column fills any step" in refusal(["foo"], SIGN_UP)


def test_a_recording_without_variables_runs_over_any_table() -> None:
    assert map_columns(["foo"], {}, {}) == ColumnMapping({}, ("foo",), ())
