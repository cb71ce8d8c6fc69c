"""What differs between two states, how events become trees, and which moments a person may name."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from services.__main__ import SERVICES, blueprint
from services.cli.app import EVERYWHERE, on_desk
from services.cli.as_of import as_of, read_moment
from services.cli.comparing import Change, changes
from services.cli.events import events
from services.cli.exporting import cloud_event, export
from services.cli.families import Node, branches, trees_of
from services.cli.tracing import trace
from shared.core.errors import InvalidInput
from tests.unit.cli.told import tell

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def put(state: Any, change: Change) -> None:
    """Carry out a change on a state."""
    *path, last = change.field.split(".")
    for step in path:
        state = state[int(step) if isinstance(state, list) else step]
    if not isinstance(state, list):
        state[last] = change.after
    else:
        state.extend([None] * (int(last) + 1 - len(state)))
        state[int(last)] = change.after


def test_a_difference_names_the_smallest_field_that_differs() -> None:
    before = {"status": "running", "steps": [{"n": 1, "tag": "a"}, {"n": 2}], "gone": 1, "same": [1]}
    after = {"status": "completed", "steps": [{"n": 1, "tag": "b"}, {"n": 2}, {"n": 3}], "same": [1], "new": {"x": 1}}
    assert list(changes(before, after)) == [
        Change("status", "changed", "running", "completed"),
        Change("steps.0.tag", "changed", "a", "b"),
        Change("steps.2", "added", None, {"n": 3}),
        Change("gone", "removed", 1, None),
        Change("new", "added", None, {"x": 1}),
    ]


def test_true_is_not_one_and_null_is_nothing() -> None:
    assert [each.change for each in changes({"a": True, "b": None, "c": 1}, {"a": 1, "c": None})] == [
        "changed",
        "removed",
    ]


@given(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), st.dictionaries(st.sampled_from("abc"), JSON))
def test_carrying_out_the_differences_gives_the_later_state(before: dict[str, Any], after: dict[str, Any]) -> None:
    state = copy.deepcopy(before)
    for change in changes(before, after):
        put(state, change)
    shown = list(changes(state, after))
    assert shown == []
    assert list(changes(after, after)) == []
    assert bool(list(changes(before, after))) == (list(changes(after, before)) != [])


def shape(nodes: list[Node]) -> dict[int, Any]:
    return {node.told.position: shape(node.effects) for node in nodes}


def test_an_event_hangs_on_its_cause_and_without_one_on_the_first_of_its_request() -> None:
    first, second = tell(1), tell(2)
    third = tell(3, cause=str(second.id))
    lost = tell(4, cause="of which nothing is here")
    other = tell(5, corr="another request")
    effect_elsewhere = tell(6, cause=str(other.id))
    trees = trees_of([effect_elsewhere, lost, third, first, other, second])
    assert shape(trees) == {1: {2: {3: {}}, 4: {}}, 5: {6: {}}}
    assert [node.link for node in trees[0].effects] == ["correlation", "correlation"]
    assert trees[0].effects[0].effects[0].link == "cause"


def test_a_cause_that_comes_later_is_none() -> None:
    later = tell(2)
    assert shape(trees_of([tell(1, cause=str(later.id)), later])) == {1: {2: {}}}


def test_a_branch_keeps_what_led_to_the_wanted_and_all_that_came_of_it() -> None:
    root = tell(1)
    asked = tell(2, cause=str(root.id))
    family = [root, asked, tell(3, cause=str(asked.id)), tell(4, cause=str(root.id))]
    assert shape(branches(trees_of(family), lambda told: told.position == 2)) == {1: {2: {3: {}}}}
    assert branches(trees_of(family), lambda told: told.position == 9) == []


def test_a_moment_is_a_position_a_time_that_has_passed_or_now() -> None:
    assert read_moment("17", "--diff") == 17
    assert read_moment("now", "--diff") is None
    with pytest.raises(InvalidInput, match="future"):
        read_moment("2100-01-01", "--diff")
    with pytest.raises(InvalidInput, match="--diff"):
        read_moment("-3", "--diff")


def test_a_cloudevent_leaves_out_what_is_not_known() -> None:
    bare = cloud_event(tell(7), {"row": 1})
    assert (bare["type"], bare["subject"], bare["position"]) == ("retold.RowFinished.v1", "scheduler.job.x", 7)
    assert bare["time"] == "2026-03-01T12:00:00Z"
    assert not bare.keys() & {"causationid", "traceparent", "sealed"}
    caused = cloud_event(tell(7, cause="c", trace="t"), {}, "box")
    assert (caused["causationid"], caused["traceparent"], caused["sealed"]) == ("c", "t", "box")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(as_of, ["now", "job", "x" * 8]), (trace, ["1"]), (export, []), (events, [])],
    ids=["as-of", "trace", "export", "events"],
)
def test_where_nothing_runs_they_say_how_to_start_it(
    command: Callable[..., Any], arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("RETOLD_NATS_URL", "RETOLD_POSTGRES_URL"):
        monkeypatch.delenv(variable, raising=False)
    app = typer.Typer()
    app.command()(on_desk(command, {name: partial(blueprint, name) for name in SERVICES}, EVERYWHERE))
    ended = CliRunner().invoke(app, [*arguments, "--home", str(tmp_path)])
    assert (ended.exit_code, ended.stdout) == (4, "")
    assert "retold up" in ended.stderr
