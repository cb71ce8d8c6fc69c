"""The time zones that there are."""

from zoneinfo import ZoneInfo, available_timezones

from shared.core.errors import Fault, InvalidInput


def check_time_zone(name: str | None) -> None:
    """Raises `InvalidInput` for a time zone that no browser would know."""
    if name is None:
        return
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        if available_timezones():  # else this machine knows none, and the browser decides
            told = f"the option time_zone is a place such as Europe/Berlin, not {name!r}"
            raise InvalidInput(told, [Fault("/options/time_zone", told)]) from error
