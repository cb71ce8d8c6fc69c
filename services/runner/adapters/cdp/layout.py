"""The keys of a US keyboard: what each is called, and what it gives."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Key:
    """A key; `code` its place on the keyboard, `key` and `text` what it gives, `number` Windows' virtual key code."""

    code: str
    key: str
    number: int
    text: str = ""
    location: int = 0  # 1 left, 2 right, 3 on the number pad
    shifted: str = ""  # what it gives together with Shift

    def with_shift(self) -> "Key":
        """What it is while Shift is held."""
        return replace(self, key=self.shifted, text=self.shifted) if self.shifted else self


ENTER_TEXT = "\r"

# place: number, what it gives, the same with Shift
_SIGNS = {
    "Backquote": (192, "`", "~"),
    "Minus": (189, "-", "_"),
    "Equal": (187, "=", "+"),
    "BracketLeft": (219, "[", "{"),
    "BracketRight": (221, "]", "}"),
    "Backslash": (220, "\\", "|"),
    "Semicolon": (186, ";", ":"),
    "Quote": (222, "'", '"'),
    "Comma": (188, ",", "<"),
    "Period": (190, ".", ">"),
    "Slash": (191, "/", "?"),
}
_OVER_DIGITS = ")!@#$%^&*("
_NAMED = {
    "Escape": 27,
    "Backspace": 8,
    "Tab": 9,
    "CapsLock": 20,
    "NumLock": 144,
    "ScrollLock": 145,
    "Pause": 19,
    "PrintScreen": 44,
    "Insert": 45,
    "Delete": 46,
    "Home": 36,
    "End": 35,
    "PageUp": 33,
    "PageDown": 34,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "ContextMenu": 93,
    "Help": 47,
    "AltGraph": 225,
    "AudioVolumeMute": 173,
    "AudioVolumeDown": 174,
    "AudioVolumeUp": 175,
    "MediaTrackNext": 176,
    "MediaTrackPrevious": 177,
    "MediaStop": 178,
    "MediaPlayPause": 179,
}
_MODIFIERS = {"Shift": 16, "Control": 17, "Alt": 18, "Meta": 91}
# The number pad with NumLock on, as people have it.
_PAD_SIGNS = {
    "Multiply": (106, "*"),
    "Add": (107, "+"),
    "Subtract": (109, "-"),
    "Decimal": (110, "."),
    "Divide": (111, "/"),
}


def _places() -> list[Key]:
    letters = [Key(f"Key{c.upper()}", c, ord(c.upper()), c, shifted=c.upper()) for c in "abcdefghijklmnopqrstuvwxyz"]
    digits = [Key(f"Digit{d}", str(d), 48 + d, str(d), shifted=_OVER_DIGITS[d]) for d in range(10)]
    signs = [Key(code, sign, number, sign, shifted=upper) for code, (number, sign, upper) in _SIGNS.items()]
    named = [Key(name, name, number) for name, number in _NAMED.items()]
    functions = [Key(f"F{n}", f"F{n}", 111 + n) for n in range(1, 25)]
    modifiers = [
        Key(f"{name}{side}", name, number + (1 if (name, side) == ("Meta", "Right") else 0), location=place)
        for name, number in _MODIFIERS.items()
        for side, place in (("Left", 1), ("Right", 2))
    ]
    pad = [Key(f"Numpad{d}", str(d), 96 + d, str(d), location=3) for d in range(10)]
    pad += [Key(f"Numpad{name}", sign, number, sign, location=3) for name, (number, sign) in _PAD_SIGNS.items()]
    pad.append(Key("NumpadEnter", "Enter", 13, ENTER_TEXT, location=3))
    enter = Key("Enter", "Enter", 13, ENTER_TEXT)
    space = Key("Space", " ", 32, " ")
    return [*letters, *digits, *signs, *named, *functions, *modifiers, enter, space, *pad]


def _layout() -> dict[str, Key]:
    """By code, and by what a key gives; a place of the keyboard proper comes before the number pad's."""
    keys: dict[str, Key] = {}
    for key in _places():
        keys.setdefault(key.code, key)
        keys.setdefault(key.key, key)
        if key.shifted:
            keys.setdefault(key.shifted, key.with_shift())
    left = {name: keys[f"{name}Left"] for name in _MODIFIERS}
    # What recorders and other tools call them.
    others = {"\r": "Enter", "\n": "Enter", "Return": "Enter", "\t": "Tab", "Esc": "Escape", "Del": "Delete"}
    others |= {"Left": "ArrowLeft", "Right": "ArrowRight", "Up": "ArrowUp", "Down": "ArrowDown"}
    others |= {"Ctrl": "ControlLeft", "ControlOrMeta": "ControlLeft", "Spacebar": "Space", "Command": "MetaLeft"}
    return keys | left | {name: keys[meant] for name, meant in others.items()}


LAYOUT = _layout()
