"""What is done in every row, the same for all contestants: a short form, a long one, nested frames, a long page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from tests.benchmarks.replay import many

Doing = Literal["open", "fill", "select", "check", "click", "expect"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing done. `at`: a CSS selector, of `open` an address; `name`: what a person calls the element.

    `leads`: another document follows. `frame`: selectors of the frames around it, outermost first.
    """

    do: Doing
    at: str
    value: str = ""
    name: str = ""
    leads: bool = False
    frame: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the contestants are told."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Action":
        """What `to_json` made."""
        return cls(**{**given, "frame": tuple(given["frame"])})


@dataclass(frozen=True, slots=True)
class Form:
    """A row's actions, given the pages' address and the row's key; and how many requests must arrive."""

    name: str
    actions: Callable[[str, str], Sequence[Action]]
    posts: int
    also: Mapping[str, str]

    def expected(self, key: str) -> dict[str, str]:
        """Every field that must arrive, with its value."""
        fields = {
            action.at.lstrip("#"): action.value or "on"
            for action in self.actions("", key)
            if action.do in ("fill", "select", "check")
        }
        return {**fields, **self.also}


def _order(site: str, key: str) -> list[Action]:
    return [
        Action("open", f"{site}/order", leads=True),
        Action("fill", "#reference", key, "Reference"),
        Action("fill", "#email", f"{key}@example.com", "E-mail"),
        Action("click", "#continue", name="Continue", leads=True),
        Action("fill", "#street", f"{key} Long Acre", "Street"),
        Action("fill", "#city", "Uppsala", "City"),
        Action("select", "#country", "Sweden", "Country"),
        Action("check", "#terms", name="I accept the terms"),
        Action("click", "#send", name="Send order"),
        Action("expect", "#said", "Thank you, the order is in."),
    ]


PROFILE = (
    ("given", "Given name"), ("family", "Family name"), ("birth", "Place of birth"), ("mail", "Work e-mail"),
    ("phone", "Telephone"), ("street", "Street"), ("postcode", "Postcode"), ("city", "City"), ("region", "Region"),
    ("company", "Company"), ("role", "Role"), ("manager", "Manager"), ("budget", "Cost centre"),
    ("account", "Account"), ("starts", "First day"), ("remarks", "Remarks"),
)  # fmt: skip


def _profile(site: str, key: str) -> list[Action]:
    return [
        Action("open", f"{site}/login", leads=True),
        Action("fill", "#user", key, "User name"),
        Action("fill", "#password", "correct horse", "Password"),
        Action("click", "#enter", name="Log in", leads=True),
        *(Action("fill", f"#{field}", f"{field} of {key}", label) for field, label in PROFILE),
        Action("select", "#country", "Norway", "Country"),
        Action("select", "#contract", "Permanent", "Contract"),
        Action("check", "#newsletter", name="Send me news"),
        Action("check", "#privacy", name="I have read the privacy notice"),
        Action("click", "#save", name="Save profile", leads=True),
        Action("click", "#new", name="New entry"),
        Action("fill", "#entry", f"laptop for {key}", "What is needed"),
        Action("click", "#add", name="Add"),
        Action("click", "#entries .approve", name="Approve"),
        Action("expect", "#said", "One entry is approved."),
    ]


def _framed(site: str, key: str) -> list[Action]:
    chain = ("#outer", "#middle", "#inner")
    inside = [
        Action("fill", "#reference", key, "Reference"),
        Action("fill", "#city", "Turku", "City"),
        Action("check", "#terms", name="I accept the terms"),
        Action("click", "#send", name="Send order"),
        Action("expect", "#said", "Thank you, the order is in."),
    ]
    return [Action("open", f"{site}/frames", leads=True), *(replace(action, frame=chain) for action in inside)]


def crowded(elements: int, drifted: bool = False) -> Form:
    """Thirty fields among so many elements; `drifted`: each is renamed, most stand elsewhere, some are wrapped."""

    def actions(site: str, key: str) -> list[Action]:
        address = f"{site}/many?count={elements}" + ("&drift=1" if drifted else "")
        fills = [Action("fill", f"#{many.name(label)}", f"{label} of {key}", label) for label in many.LABELS]
        return [
            Action("open", address, leads=True),
            Action("fill", "#reference", key, "Reference"),
            *fills,
            Action("click", "#send", name="Send order"),
            Action("expect", "#said", "Thank you, the order is in."),
        ]

    return Form(f"{elements:,} elements" + (", drifted" if drifted else ""), actions, 1, {})


F10 = Form("F10", _order, 2, {})
F30 = Form("F30", _profile, 4, {"approved": "on"})
FRAMES = Form("3 nested frames", _framed, 1, {})
