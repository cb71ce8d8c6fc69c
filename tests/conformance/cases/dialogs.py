"""Dialogs of the page's scripts, answered as they were when they were recorded."""

from tests.conformance.case import Case, do


def answered(**dialog: object) -> dict[str, object]:
    """A dialog step."""
    return do("dialog", dialog=dialog)


LEAVING = answered(accept=False, kind="beforeunload")

CASES = (
    Case(
        "without a word about it a dialog is accepted",
        "asking.html",
        (do("click", "#alert"), do("click", "#confirm"), do("click", "#prompt")),
        [["alert", "closed"], ["confirm", True], ["prompt", "nobody"]],
    ),
    Case(
        "a dialog is dismissed", "asking.html", (do("click", "#confirm"), answered(accept=False)), [["confirm", False]]
    ),
    Case(
        "a prompt is answered",
        "asking.html",
        (do("click", "#prompt"), answered(accept=True, text="Ada")),
        [["prompt", "Ada"]],
    ),
    Case("a prompt is dismissed", "asking.html", (do("click", "#prompt"), answered(accept=False)), [["prompt", None]]),
    Case(
        "several dialogs in a row get their own answers",
        "asking.html",
        (
            do("click", "#chain"),
            answered(accept=True, message="First?"),
            answered(accept=True, text="two"),
            answered(accept=False, message="Third?"),
        ),
        [["chain", ["two", False]]],
    ),
    Case(
        "a dialog that comes after a while is answered and waited for",
        "asking.html",
        (do("click", "#late"), answered(accept=False, message="Still there?")),
        [["late", False]],
    ),
    Case(
        "a dialog that says something else fails",
        "asking.html",
        (do("click", "#confirm"), answered(accept=True, message="Really keep?")),
        [["confirm", True]],
        fails="assertion_failed",
    ),
    Case(
        "a dialog that does not come fails",
        "asking.html",
        (do("click", "#guard"), answered(accept=True)),
        [],
        fails="assertion_failed",
    ),
    Case(
        "a page that greets with a dialog is opened",
        "asking.html",
        (
            do("navigate", value="{{here}}/asking.html?greet"),
            answered(accept=True, message="Welcome"),
            do("click", "#confirm"),
        ),
        [["left", None], ["confirm", True]],
    ),
    Case(
        "one stays on a page that asks before it is left",
        "asking.html",
        (do("click", "#guard"), do("click", "#away"), LEAVING, do("click", "#alert")),
        [["alert", "closed"]],
        unable={"webkit": "its WebDriver leaves every page without asking"},
    ),
)
