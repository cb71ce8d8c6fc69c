"""Pages that are not ready when they look as if: late listeners, late lists, lists without an end."""

from tests.conformance.case import Case, do

CASES = (
    Case(
        "a form that wakes up late is filled when it is awake",
        "hydrated.html",
        (do("type", "#name", "Ada"), do("click", "#send")),
        [["submitted", "Ada"]],
        limit="nothing tells that a timer will attach listeners to a page that looks ready",
    ),
    Case(
        "a page whose scripts load one another is used when they are there",
        "required.html",
        (
            do("type", "#new", "Milk"),
            do("key_press", "#new", key="Enter"),
            do("type", "#new", "Bread"),
            do("key_press", key="Enter"),
            do("click", "li:nth-child(2) .toggle"),
        ),
        [["added", "Milk"], ["added", "Bread"], ["toggled", "Bread"]],
    ),
    Case(
        "a list that is filled late is waited for",
        "filled.html",
        (do("click", "li:nth-child(33) button"),),
        [["chosen", "33"]],
    ),
    Case(
        "a list without an end grows until the element is there",
        "endless.html",
        (do("scroll", bundle={"id": "list-140", "tag": "li"}), do("click", "#list-140")),
        [["clicked", "list-140"]],
    ),
    Case(
        "a list in a box is scrolled to a position and grows",
        "endless.html",
        (do("scroll", "#box", scroll={"x": 0, "y": 5_000}), do("click", "#inner-35")),
        [["clicked", "inner-35"]],
    ),
    Case(
        "rows that are drawn only where one looks are reached",
        "endless.html",
        (do("scroll", "#virtual", scroll={"x": 0, "y": 15_000}), do("click", "#v502")),
        [["clicked", "v502"]],
    ),
    Case(
        "the wheel is really turned",
        "endless.html",
        (do("scroll", delta={"x": 0, "y": 300}), do("wait", duration=100), do("click", "#wheeled")),
        [["wheels", 300]],
    ),
    Case(
        "the wheel is turned over a box",
        "endless.html",
        (do("scroll", "#virtual", delta={"x": 0, "y": 3_000}), do("click", "#v101")),
        [["clicked", "v101"]],
    ),
)
