"""What a person's page may say over the socket, read strictly: whoever has a session's token may send anything."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from shared.core.errors import InvalidInput

Coordinate = Annotated[float, Meta(ge=-100_000, le=100_000)]
Bits = Annotated[int, Meta(ge=0, le=31)]
Short = Annotated[str, Meta(max_length=200)]
Url = Annotated[str, Meta(min_length=1, max_length=8000)]
Id = Annotated[str, Meta(min_length=1, max_length=100)]
LARGEST_MESSAGE = 256 * 1024  # bytes


class Act(Struct, tag_field="kind"):
    """One message of a client."""


class Hello(Act, tag="hello"):
    """Who it is: the session's token. `frames`: whether it wants pictures."""

    token: Annotated[str, Meta(max_length=500)]
    frames: bool = True


class Seen(Act, tag="seen"):
    """A frame has been drawn."""

    frame: Annotated[int, Meta(ge=0, le=2**32)]


class Mouse(Act, tag="mouse"):
    """The mouse, in CSS pixels of the viewport."""

    type: Literal["moved", "pressed", "released"]
    x: Coordinate
    y: Coordinate
    button: Literal["none", "left", "middle", "right", "back", "forward"] = "none"
    buttons: Bits = 0
    clicks: Annotated[int, Meta(ge=0, le=3)] = 0
    modifiers: Bits = 0


class Wheel(Act, tag="wheel"):
    """The wheel, turned there."""

    x: Coordinate
    y: Coordinate
    dx: Coordinate = 0
    dy: Coordinate = 0
    modifiers: Bits = 0


class Key(Act, tag="key"):
    """A key, as `KeyboardEvent` has it."""

    type: Literal["down", "up"]
    key: Annotated[str, Meta(max_length=32)]
    code: Annotated[str, Meta(max_length=32)] = ""
    location: Annotated[int, Meta(ge=0, le=3)] = 0
    modifiers: Bits = 0
    repeat: bool = False


class Text(Act, tag="text"):
    """What an input method gave, or was pasted."""

    text: Annotated[str, Meta(max_length=100_000)]


class Resize(Act, tag="resize"):
    """The pane has another size."""

    width: Annotated[float, Meta(ge=1, le=10_000)]
    height: Annotated[float, Meta(ge=1, le=10_000)]


class Navigate(Act, tag="navigate"):
    """The address bar."""

    url: Url


class Back(Act, tag="back"):
    """One document back."""


class Forward(Act, tag="forward"):
    """One document forward."""


class Reload(Act, tag="reload"):
    """The document again."""


class NewTab(Act, tag="new_tab"):
    """An empty page beside the others."""


class ShowTab(Act, tag="tab"):
    """Another page in front."""

    tab: int


class CloseTab(Act, tag="close_tab"):
    """A page less."""

    tab: int


class Dialog(Act, tag="dialog"):
    """The answer to the page's dialog."""

    accept: bool
    text: Annotated[str, Meta(max_length=10_000)] | None = None


class Files(Act, tag="files"):
    """Files for the field that asked: names that the upload gave; none: cancelled."""

    chooser: Id
    files: Annotated[list[Annotated[str, Meta(max_length=400)]], Meta(max_length=100)]


class Choose(Act, tag="choose"):
    """What was chosen in the place of a control that no picture shows; none: nothing."""

    control: Id
    value: Annotated[str, Meta(max_length=10_000)] | Annotated[list[str], Meta(max_length=1000)] | None = None


class Rename(Act, tag="rename"):
    """A step gets another label."""

    step: Id
    label: Annotated[str, Meta(max_length=200)]


class Remove(Act, tag="remove"):
    """A step is not to be in the recording."""

    step: Id


class Restore(Act, tag="restore"):
    """It is, after all."""

    step: Id


class Secret(Act, tag="secret"):
    """Whether a step's value is for nobody's eyes."""

    step: Id
    secret: bool


class Name(Act, tag="name"):
    """What the recording is called."""

    name: Annotated[str, Meta(max_length=200)]


class Pause(Act, tag="pause"):
    """What comes is not recorded."""


class Resume(Act, tag="resume"):
    """It is again."""


class Stop(Act, tag="stop"):
    """The recording is done."""


class Discard(Act, tag="discard"):
    """Nothing of it is to be kept."""


# What is done in the browser.
Done = (
    Mouse
    | Wheel
    | Key
    | Text
    | Resize
    | Navigate
    | Back
    | Forward
    | Reload
    | NewTab
    | ShowTab
    | CloseTab
    | Dialog
    | Files
    | Choose
)
AT_ONCE = (Mouse, Wheel, Key, Text, Dialog)  # takes no time
Said = Hello | Seen | Done | Rename | Remove | Restore | Secret | Name | Pause | Resume | Stop | Discard
_decoder: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


def read_act(text: str) -> Said:
    """A message. Raises `InvalidInput`, which quotes nothing of it."""
    if len(text) > LARGEST_MESSAGE:
        raise InvalidInput(f"a message has at most {LARGEST_MESSAGE // 1024} KiB")
    try:
        return _decoder.decode(text.encode())
    except UnicodeEncodeError:
        raise InvalidInput("a message holds half a character") from None
    except msgspec.ValidationError as error:
        raise InvalidInput(f"a message is not as it should be: {str(error)[:200]}") from None
    except msgspec.DecodeError:
        raise InvalidInput("a message is no JSON object") from None
