"""The canonical step JSON of a recording: the shape that never changes (document A, 4.1 and 4.2)."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic.alias_generators import to_camel


class _Canonical(BaseModel):
    """Camel-case JSON; keys that we do not know are kept, so that a recording round-trips unchanged.

    Strict, and whole numbers stay whole, for the same reason.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, strict=True)

    @model_serializer(mode="wrap")
    def _only_what_was_set(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        read = self.model_fields_set
        unset = {to_camel(name) for name in type(self).model_fields if name not in read}
        return {key: value for key, value in serialize(self).items() if key not in unset}

    def to_json(self) -> dict[str, Any]:
        """The JSON object with exactly the keys it was read with."""
        return self.model_dump(mode="json", by_alias=True)


class Bounding(_Canonical):
    """Where the element was, in CSS pixels of the page."""

    left: int | float
    top: int | float
    width: int | float
    height: int | float


class LocatorBundle(_Canonical):
    """Everything recorded that can find the element again. A thin bundle has a few of these, a full one all."""

    xpath: str | None = None
    id: str | None = None
    name: str | None = None
    class_name: str | None = None
    aria: str | None = None
    placeholder: str | None = None
    data_attrs: dict[str, str] = Field(default_factory=dict)
    tag: str | None = None
    visible_text: str | None = None
    bounding: Bounding | None = None
    iframe_chain: list[str | int] = Field(default_factory=list, description="CSS selector or index, outermost first")
    shadow_hosts: list[str] = Field(default_factory=list, description="CSS selectors of the hosts, outermost first")
    is_closed_shadow: bool = False


class Navigation(_Canonical):
    """What the step did to the page: `same_page`, or a navigation and its address."""

    type: str
    url: str | None = None


class Step(_Canonical):
    """One thing the person did."""

    step_number: Annotated[int, Field(ge=1)]
    event: Annotated[str, Field(min_length=1, max_length=64)]
    navigation: Navigation
    bundle: LocatorBundle
    timestamp: int | float | None = None
    label: str | None = None
    selector: str | None = None
    value: str | None = None
    x: int | float | None = None
    y: int | float | None = None
    page: str | None = None
    tab_id: int | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class Variable(_Canonical):
    """A value that a CSV column may give; keyed by its step's label."""

    type: str = "input"
    required: bool = False
    description: str | None = None
    csv_column: str | None = None
    step_number: int
    default_value: str = ""
    same_as: str | None = Field(None, description="label whose value this one repeats, as a confirmation does")
