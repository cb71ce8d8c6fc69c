"""Waiting for what is to become true, and asserting what is."""

from tests.conformance.case import Case, JsonStep, do

START = do("click", "#start")
DONE = ["done", None]


def check(what: str, selector: str | None, value: str | None, operator: str = "equals", **more: object) -> JsonStep:
    """An assertion."""
    soft = {"soft": more.pop("soft")} if "soft" in more else {}
    return do("assert", selector, value, assertion={"what": what, "operator": operator, **more}, **soft)


CASES = (
    Case(
        "a text that comes is waited for",
        "process.html",
        (START, do("wait_for_text", value="Order 4711: done")),
        [DONE],
    ),
    Case(
        "a text in an element is waited for",
        "process.html",
        (START, do("wait_for_text", "#state", "done")),
        [DONE],
    ),
    Case(
        "a text that does not come fails",
        "process.html",
        (do("wait_for_text", value="shipped"),),
        [],
        fails="assertion_failed",
    ),
    Case(
        "an address that comes is waited for",
        "process.html",
        (START, do("wait_for_url", pattern="**/done-*")),
        [DONE],
    ),
    Case(
        "an address that does not come fails",
        "process.html",
        (do("wait_for_url", pattern="**/gone"),),
        [],
        fails="assertion_failed",
    ),
    Case(
        "an element with an attribute is waited for",
        "process.html",
        (START, do("wait_for_element", "#state", condition={"attributes": {"data-phase": "done"}})),
        [DONE],
    ),
    Case(
        "an expression is waited for",
        "process.html",
        (START, do("wait_for_expression", expression="document.title === 'Done'")),
        [DONE],
    ),
    Case(
        "a time is waited",
        "process.html",
        (START, do("wait", duration=600), check("title", None, "Done", timeout=0)),
        [DONE],
    ),
    Case(
        "a time may be the value",
        "process.html",
        (START, do("pause", value="600"), check("title", None, "Done")),
        [DONE],
    ),
    Case(
        "everything that is so is asserted",
        "process.html",
        (
            check("text", "#state", "Order 4711: new"),
            check("text", "#state", "4711", "contains"),
            check("text", "#state", r"Order \d+: \w+", "matches"),
            check("text", "#state", "Order", "starts_with"),
            check("text", "#state", "new", "ends_with"),
            check("text", "#state", "old", "not_contains"),
            check("text", "#state", "Order", "not_equals"),
            check("value", "#field", "held"),
            check("value", "#list", "two"),
            check("selected", "#list", "two"),
            check("title", None, "process"),
            check("url", None, "/process.html", "contains"),
            check("attribute", "#state", "new", attribute="data-phase"),
            check("checked", "#box", "true"),
            check("visible", "#hidden", "false"),
            check("present", "#hidden", "true"),
            check("present", "#nothing", "false"),
            check("enabled", "#off", "false"),
            check("editable", "#fixed", "false"),
            check("count", "ul li", "3"),
            check("count", "ul li", "2", "more_than"),
        ),
        [],
    ),
    Case(
        "an assertion is retried until it holds",
        "process.html",
        (START, check("text", "#state", "done", "contains"), check("url", None, r"done-\d+$", "matches")),
        [DONE],
    ),
    Case(
        "what is not so fails",
        "process.html",
        (check("text", "#state", "Order 4712: new"),),
        [],
        fails="assertion_failed",
    ),
    Case("what is not there fails", "process.html", (check("text", "#nothing", "x"),), [], fails="assertion_failed"),
    Case(
        "a soft assertion is told and the row goes on",
        "process.html",
        (check("checked", "#box", "false", soft=True), do("type", "#copy", "on"), do("key_press", key="Tab")),
        [["copy", "on"]],
    ),
    Case(
        "an assertion of nothing known fails",
        "process.html",
        (check("smell", "#state", "x"),),
        [],
        fails="invalid_step",
    ),
    Case(
        "the last dialog can be asserted",
        "asking.html",
        (do("click", "#confirm"), check("dialog", None, "delete", "contains")),
        [["confirm", True]],
    ),
)
