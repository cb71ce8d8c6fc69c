"""Frames as WebDriver knows them: an element of the document around, into which one switches."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.runner.adapters.webdriver.tab import WebKitTab

ELEMENT_KEY = "element-6066-11e4-a52e-4f735466cecf"  # by which the W3C marks a reference to an element


class FrameOf:
    """A frame under the port's names; `reference` is that of its element, none for the page's own."""

    def __init__(self, tab: "WebKitTab", parent: "FrameOf | None", reference: str | None) -> None:
        self.tab, self._parent, self.reference = tab, parent, reference
        self.url = "about:blank"
        self.document = ""  # which document it shows, in words of ours
        self.state = "loading"
        self.resources = 0
        self.leaving = False
        self.detached = False
        self._children: dict[str, FrameOf] = {}

    @property
    def parent(self) -> "FrameOf | None":
        """The frame around it."""
        return self._parent

    @property
    def children(self) -> "list[FrameOf]":
        """The frames in it."""
        return list(self._children.values())

    @property
    def chain(self) -> "list[FrameOf]":
        """The frames to go through to get here, from the page's own on, which is left out."""
        return [*self._parent.chain, self] if self._parent else []

    def all(self) -> "list[FrameOf]":
        """This one and all below it."""
        return [self, *(frame for child in self._children.values() for frame in child.all())]

    def has(self, elements: list[Any]) -> None:
        """These frames are in its document now, and no others."""
        references = [str(element[ELEMENT_KEY]) for element in elements]
        for gone in self._children.keys() - set(references):
            self._children[gone].detach()
        known = self._children
        self._children = {one: known.get(one) or FrameOf(self.tab, self, one) for one in references}

    def child(self, element: Any) -> "FrameOf | None":
        """The frame of an element."""
        return self._children.get(str(element[ELEMENT_KEY])) if element else None

    def detach(self) -> None:
        """It is no more, nor is what was in it."""
        self.detached = True
        for child in self._children.values():
            child.detach()
        self._children.clear()

    def shows(self, at: dict[str, Any]) -> tuple[bool, bool]:
        """Takes over where its document stands; whether it is another document, and whether the address is new."""
        fresh, moved = at["id"] != self.document, at["href"] != self.url
        if fresh:
            self.has([])
        self.document, self.url, self.state = at["id"], at["href"], at["state"]
        self.resources, self.leaving = at["resources"], at["leaving"]
        return fresh, moved
