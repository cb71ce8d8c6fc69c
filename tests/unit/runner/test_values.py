"""Which value a step is given: the row's cell, else what was recorded."""

from typing import Any
from uuid import UUID

from services.runner.policies import StepValue, steps_to_perform, values_of_steps, with_taken
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step, Variable
from shared.contracts.sealed import SEALED_PREFIX

SEALED = f"{SEALED_PREFIX}v1:AAAA"


def step(number: int, event: str = "type", **more: Any) -> Step:
    metadata = {"elementTag": "input", "elementType": more.pop("kind", "text")}
    navigation = {"type": "same_page"}
    return Step.model_validate(
        {"stepNumber": number, "event": event, "navigation": navigation, "bundle": {}, "metadata": metadata, **more}
    )


def recording(*steps: Step, **variables: Variable) -> RecordingSnapshot:
    return RecordingSnapshot(UUID(int=1), "Add", "https://crm.example/start", 1, steps, variables)


NAME = step(1, label="Name", value="Ada")


def test_the_cell_of_the_mapped_column_comes_before_what_was_recorded():
    values = list(values_of_steps(recording(NAME), {"full name": "Name"}, {"full name": "Grace", "age": "85"}))
    assert values == [StepValue(1, "Grace", from_row=True, secret=False)]


def test_without_a_column_the_recorded_value_is_typed_again():
    assert list(values_of_steps(recording(NAME), {}, {"age": "85"})) == [StepValue(1, "Ada", False, False)]


def test_the_default_of_a_variable_comes_before_what_was_recorded_and_behind_the_cell():
    name = Variable(type="input", default_value="Grace", step_number=1)
    given = recording(NAME, Name=name)
    assert list(values_of_steps(given, {}, {})) == [StepValue(1, "Grace", False, False)]
    assert list(values_of_steps(given, {"name": "Name"}, {"name": ""})) == [StepValue(1, "", True, False)]


def test_what_a_page_showed_is_a_text_in_a_script_and_nothing_else():
    taken = {"name": "Ada", "evil": "\";alert(1);//\n'`${x}€😀"}
    script = with_taken("return ${name} + `${other}` + ${ evil }", taken)
    assert script.startswith('return "Ada" + `${other}` + "\\u0022\\u003balert\\u00281\\u0029')
    assert script.endswith('\\u20ac\\ud83d\\ude00"')


def test_what_was_sealed_only_because_its_fields_type_is_unknown_is_no_secret_on_the_page():
    unsure = Step.model_validate({**NAME.to_json(), "value": SEALED, "metadata": {}})
    assert list(values_of_steps(recording(unsure), {}, {})) == [StepValue(1, SEALED, False, secret=False)]
    sealed_cell = {"name": SEALED}
    assert list(values_of_steps(recording(unsure), {"name": "Name"}, sealed_cell)) == [
        StepValue(1, SEALED, True, secret=True)
    ]


def test_an_empty_cell_is_a_value_too():
    assert list(values_of_steps(recording(NAME), {"name": "Name"}, {"name": ""})) == [StepValue(1, "", True, False)]


def test_steps_that_take_no_value_get_none():
    plain = recording(step(1, "click", label="Name"), step(2, "navigate", value="https://crm.example/"))
    assert list(values_of_steps(plain, {"name": "Name"}, {"name": "Ada"})) == []


def test_a_confirmation_follows_the_column_of_what_it_confirms():
    twice = recording(
        step(1, label="Password", kind="password", value=SEALED),
        step(2, label="Again", kind="password", value=SEALED),
        Again=Variable(step_number=2, same_as="Password"),
    )
    values = list(values_of_steps(twice, {"pw": "Password"}, {"pw": "new"}))
    assert [(each.value, each.from_row, each.secret) for each in values] == [("new", True, True)] * 2


def test_a_column_of_its_own_comes_before_what_a_step_confirms():
    twice = recording(step(1, label="A"), step(2, label="B"), B=Variable(step_number=2, same_as="A"))
    values = list(values_of_steps(twice, {"a": "A", "b": "B"}, {"a": "1", "b": "2"}))
    assert [each.value for each in values] == ["1", "2"]


def test_sealed_cells_and_password_fields_are_secret():
    both = recording(step(1, label="Name"), step(2, label="Password", kind="password"), step(3, label="City"))
    row = {"name": SEALED, "password": "clear", "city": "Paris"}
    values = list(values_of_steps(both, {"name": "Name", "password": "Password", "city": "City"}, row))
    assert [each.secret for each in values] == [True, True, False]


def test_a_recording_that_opens_its_page_is_performed_as_it_is():
    resized = recording(step(1, "resize"), step(2, "navigate"), step(3, "click"))
    assert steps_to_perform(resized) == resized.steps


def test_a_recording_that_opens_no_page_begins_at_its_starting_address():
    opening, *rest = steps_to_perform(recording(step(1, "click")))
    assert opening.event == "navigate"
    assert opening.value == "https://crm.example/start"
    assert rest == [step(1, "click")]
