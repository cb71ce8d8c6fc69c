"""The options of a job as people and the documents write them, made into ours.

Case, `_` and `-` do not matter (`slowMotion`, `slow-motion`). What the documents group may stay grouped: `replay` and
`aiHealing` of document A's preferences, `environment` and `options` of document D's playback sessions.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from shared.contracts.browsers import browser_type
from shared.contracts.healing_modes import MODES, HealingMode
from shared.contracts.scheduler import JobOptions
from shared.core.errors import Fault, InvalidInput

# Ours: what else it is called.
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "row_timeout": ("timeout_ms",),
    "retry_backoff": ("step_retry_backoff",),
    "time_zone": ("timezone_id",),
    "strict_mode": ("strict",),
    "debug_mode": ("debug",),
    "max_inactivity": ("max_inactivity_time",),
    "highlight": ("highlight_elements",),
    "video": ("video_recording", "record_video"),
    "confidence_threshold": ("healing_threshold",),
    "heal_cache_seconds": ("cache_ttl",),
    "heal_attempts": ("max_attempts_per_step",),
    "healing": ("mode", "healing_mode"),
}
GROUPS = frozenset({"replay", "aihealing", "environment", "options"})
# Parts of the documents' objects that say nothing about how a job is run.
ELSEWHERE = frozenset({"recording", "notifications", "ui", "browserversion", "platform", "headless"})
OF_THE_REQUEST = "stop_on_error"  # an option to document D; in ours it stands beside the options
MOST_BACKOFFS, LONGEST_BACKOFF = 10, 60_000
_SPELLED = {"true": "on", "yes": "on", "false": "off", "no": "off", "none": "off"}
_RECORDED = {"retain_on_failure": "on_failure", "on_first_retry": "on_retry", "on_all_retries": "on_retry"}
_PICTURES = ("before", "after", "error")


def job_options(given: Mapping[str, Any], before: JobOptions | None = None) -> JobOptions:
    """The options of a job; what is not given is as in `before`. Raises `InvalidInput` that names each fault."""
    known = before.model_dump() if before else {}
    wanted = {name: value for name, value in read_options(given).items() if name != OF_THE_REQUEST}
    try:
        return JobOptions.model_validate(known | wanted)
    except ValidationError as error:
        faults = [Fault(f"/options/{'/'.join(map(str, each['loc']))}", each["msg"]) for each in error.errors()]
        told = "; ".join(f"{fault.pointer.removeprefix('/options/')}: {fault.detail}" for fault in faults)
        raise InvalidInput(f"these options are not right: {told}", faults) from error


def read_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same options under our names, their values as `JobOptions` reads them; and perhaps `stop_on_error`.

    Raises `InvalidInput` for a name or a word that nobody knows.
    """
    read: dict[str, Any] = {}
    for name, value in _flat(given):
        squashed = _squashed(name)
        if squashed in ELSEWHERE:
            continue
        if squashed == "screenshots":
            read |= _pictures(value)
        elif squashed == "cacheenabled":
            if not _yes(name, value):
                read["heal_cache_seconds"] = 0
        else:
            ours = _NAMES.get(squashed)
            if ours is None:
                raise _unknown(name)
            read.setdefault(ours, _WORDS[ours](name, value) if ours in _WORDS else _said(value))
    return read


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if _squashed(name) not in GROUPS:
            yield name, value
        elif isinstance(value, Mapping):
            yield from _flat(value)
        else:
            raise InvalidInput(f'the option "{name}" is a group: give it as an object, such as {{"slowMotion": true}}')


def _squashed(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


_NAMES = {
    _squashed(spelled): ours
    for ours in (*JobOptions.model_fields, OF_THE_REQUEST)
    for spelled in (ours, *ALSO_CALLED.get(ours, ()))
}


def _unknown(name: str) -> InvalidInput:
    near = difflib.get_close_matches(_squashed(name), _NAMES, 1)
    advice = f"did you mean {_NAMES[near[0]]}?" if near else f"there are: {', '.join(sorted(JobOptions.model_fields))}"
    told = f'there is no option "{name[:64]}"; {advice}'
    return InvalidInput(told, [Fault(f"/options/{name[:64]}", told)])


def _said(value: Any) -> Any:
    """A word for nothing is nothing."""
    return None if isinstance(value, str) and value.strip().casefold() in ("", "none", "null") else value


def _yes(name: str, value: Any) -> bool:
    word = str(value).strip().casefold()
    if word in ("true", "yes", "on", "1"):
        return True
    if word in ("false", "no", "off", "0"):
        return False
    raise InvalidInput(f'the option "{name}" is yes or no, not {value!r}')


def _healing(name: str, value: Any) -> HealingMode:
    """Document A's `mode`, or a word for yes or no."""
    word = str(value).strip().casefold()
    if word in ("autonomous", "auto"):
        return "autonomous"
    if word in ("review", "reviewed", "ask"):
        return "review"
    if word in ("disabled", "none", "manual"):
        return "off"
    try:
        return "autonomous" if _yes(name, value) else "off"
    except InvalidInput as error:
        raise InvalidInput(f'the option "{name}" is one of {", ".join(MODES)}, or yes or no, not {value!r}') from error


def _recorded(name: str, value: Any) -> str:
    word = str(value).strip().casefold().replace("-", "_")
    word = _RECORDED.get(_SPELLED.get(word, word), _SPELLED.get(word, word))
    if word not in ("off", "on", "on_failure", "on_retry"):
        raise InvalidInput(f'the option "{name}" is one of off, on, on_failure, on_retry, not {value!r}')
    return word


def _pictures(value: Any) -> dict[str, bool]:
    wanted = _listed(value)
    wrong = [each for each in wanted if each not in (*_PICTURES, "none")]
    if wrong:
        raise InvalidInput(f"screenshots are taken {', '.join(_PICTURES)} or none, not {wrong[0]!r}")
    return {f"screenshot_{'on_error' if each == 'error' else each}": each in wanted for each in _PICTURES}


def _listed(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    return [str(each).strip() for each in parts if str(each).strip()]


def _backoff(name: str, value: Any) -> list[int]:
    try:
        pauses = [int(each) for each in _listed(value)]
    except ValueError as error:
        raise InvalidInput(f'the option "{name}" lists milliseconds, such as 100,200,400, not {value!r}') from error
    if len(pauses) > MOST_BACKOFFS or any(not 0 <= each <= LONGEST_BACKOFF for each in pauses):
        raise InvalidInput(f'the option "{name}" takes up to {MOST_BACKOFFS} pauses of 0 to {LONGEST_BACKOFF} ms each')
    return pauses


def _viewport(name: str, value: Any) -> Any:
    if not isinstance(value, str) or _said(value) is None:
        return _said(value)
    size = re.fullmatch(r"\s*(\d{1,5})\s*[xX×,]\s*(\d{1,5})\s*", value)
    if size is None:
        raise InvalidInput(f'the option "{name}" is a width and a height, such as 1280x720, not {value!r}')
    return {"width": int(size[1]), "height": int(size[2])}


_WORDS: dict[str, Callable[[str, Any], Any]] = {
    "browser": lambda _, value: browser_type(str(value)).key,
    "healing": _healing,
    "video": _recorded,
    "trace": _recorded,
    "retry_backoff": _backoff,
    "viewport": _viewport,
    OF_THE_REQUEST: _yes,
}


def read_entries(entries: Iterable[str]) -> dict[str, Any]:
    """`NAME=VALUE` entries as a command line has them; a value may be JSON. Raises `InvalidInput`."""
    given: dict[str, Any] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not (equals and name.strip()):
            raise InvalidInput(f"--option {entry!r} is not NAME=VALUE, as in --option slow_motion=yes")
        given[name.strip()] = _from_text(entry, value.strip())
    return given


def _from_text(entry: str, value: str) -> Any:
    if not value.startswith(("{", "[", '"')):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise InvalidInput(f"--option {entry!r} looks like JSON and is none: {error}") from error
