"""Keys, chords, the cursor's way through a page."""

from tests.conformance.case import Case, do, happened, sent

CASES = (
    Case(
        "Tab goes from field to field and Enter sends the form",
        "keys.html",
        (
            do("click", "#first"),
            do("key_press", key="a"),
            do("key_press", key="Tab"),
            do("key_press", key="B"),
            do("key_press", key="ß"),
            do("key_press", key="Enter", to=True),
        ),
        [sent(first="a", second="Bß", third="")],
    ),
    Case(
        "keys are pressed in the field that the step names",
        "keys.html",
        (
            do("type", "#third", "one"),
            do("key_press", "#third", key="Enter"),
            do("key_press", "#third", key="x"),
            do("key_press", "#third", key="Backspace"),
            do("key_press", "#third", key="ArrowUp"),
            do("click", "#send", to=True),
        ),
        [["key", {"key": "ArrowUp", "code": "ArrowUp", "on": "third"}], sent(first="", second="", third="one\r\n")],
    ),
    Case(
        "shortcuts reach the page and a modifier can be held",
        "keys.html",
        (
            do("key_press", key="Control+s"),
            do("key_down", key="Control"),
            do("key_down", key="Shift"),
            do("key_press", key="K"),
            do("key_up", key="Shift"),
            do("key_up", key="Control"),
            do("key_press", key="Escape"),
        ),
        [
            ["saved", {"trusted": True}],
            ["palette", "Control+Shift+K"],
            ["key", {"key": "Escape", "code": "Escape", "on": ""}],
        ],
    ),
    Case(
        "a chord selects and cuts what is in a field",
        "keys.html",
        (
            do("type", "#first", "gone"),
            do("key_press", "#first", key="Control+A"),
            do("key_press", key="Delete"),
            do("type", "#second", "kept"),
            do("click", "#send", to=True),
        ),
        [sent(first="", second="kept", third="")],
    ),
    Case("a name that is no key fails", "keys.html", (do("key_press", key="Enterr"),), [], fails="invalid_step"),
    Case(
        "the cursor goes in and out of a field",
        "focus.html",
        (do("focus", "#first"), do("blur", "#first"), do("focus", "#hinted"), do("blur", "#hinted")),
        [happened("focus", "first"), happened("blur", "first"), ["hints", "open"], ["hints", "closed"]],
    ),
    Case(
        "what a field held leaves with the cursor",
        "focus.html",
        (do("type", "#hinted", "x"), do("focus", "#second")),
        [["hints", "open"], ["hints", "closed"]],
    ),
)
