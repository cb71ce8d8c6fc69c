"""A very long page: a list of stock with a field here and there, and thirty fields of a form spread over it.

And the same page years later, when the thirty have changed.
"""

from collections.abc import Iterator

ELEMENTS_A_LINE = 4
MOVED_BY = 41  # lines
FIELD_EVERY = 5  # lines
QUALITIES = ("green", "heavy", "square", "quiet", "spare", "northern", "folded", "bright", "narrow", "plain", "early")
THINGS = ("bolts", "lamps", "cables", "hinges", "filters", "panels", "valves", "brushes", "wheels", "springs", "pumps")
PLACES = ("Oslo", "Turin", "Leeds", "Porto", "Ghent", "Kiel", "Malmo", "Lyon", "Cork", "Graz", "Brno", "Pisa", "Bern",
          "Gdansk", "Split", "Tartu", "Basel", "Vigo", "Arnhem", "Tampere", "Plzen")  # fmt: skip
LABELS = (
    "Given name", "Family name", "Place of birth", "Work e-mail", "Telephone", "Street", "Postcode", "Town", "Region",
    "Company", "Role", "Manager", "Cost centre", "Account holder", "First day", "Remarks", "Delivery date",
    "Invoice address", "Tax number", "Loading bay", "Driver", "Licence plate", "Insurance", "Warehouse key",
    "Contact at night", "Purchase order", "Discount", "Currency", "Bank", "Language",
)  # fmt: skip


def name(label: str) -> str:
    """The field's id and name."""
    return label.lower().replace(" ", "-")


def later_name(label: str) -> str:
    """Its name years later."""
    return f"order[{label.lower().replace(' ', '_')}]"


def original() -> dict[str, str]:
    """Later name → first name."""
    return {later_name(label): name(label) for label in LABELS}


def lines(elements: int, *, drifted: bool) -> str:
    """The page's lines; `drifted`: of every three fields one is renamed, one also moved, one also wrapped."""
    count = elements // ELEMENTS_A_LINE
    order: list[str] = [_stock(line) for line in range(count - len(LABELS))]
    for number, label in enumerate(LABELS):
        place = 1 + number * count // len(LABELS)
        moved = drifted and number % 3 > 0
        order.insert(place + MOVED_BY if moved else place, _later_field(label, number) if drifted else _field(label))
    return "\n".join(order)


def _field(label: str) -> str:
    marks = f'id="{name(label)}" name="{name(label)}" class="field wide" placeholder="{_hint(label)}"'
    return _line(f'<label for="{name(label)}">{label}</label><input {marks}>')


def _later_field(label: str, number: int) -> str:
    # One that stands where it stood keeps nothing else: two locators that agree would need no heal.
    hint = _hint(label) if number % 3 else _hint(label, "as agreed")
    marks = f'id="f-{number}" name="{later_name(label)}" class="field wide" placeholder="{hint}"'
    field = f'<label for="f-{number}">{label} (required)</label><input {marks}>'
    return _line(f'<div class="group"><span>{field}</span></div>' if number % 3 == 2 else field)


def _hint(label: str, words: str = "as in the contract") -> str:
    return f"{label} {words}"


def _stock(line: int) -> str:
    words = " ".join(_words(line))
    if line % FIELD_EVERY == 0:
        mark = words.lower().replace(" ", "-")
        return _line(f'<label for="{mark}">{words}</label><input id="{mark}" name="{mark}" class="field">')
    return _line(f'<a href="#{line}">{words}</a><span>{line * 37 % 1000} pieces</span>')


def _line(inner: str) -> str:
    return f'<li class="line">{inner}<button type="button" class="reset">Reset</button></li>'


def _words(line: int) -> Iterator[str]:
    rest, quality = divmod(line, len(QUALITIES))
    rest, thing = divmod(rest, len(THINGS))
    yield from (QUALITIES[quality].capitalize(), THINGS[thing], "for", PLACES[rest % len(PLACES)])
