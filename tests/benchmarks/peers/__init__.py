"""Others that do what a part of our engine does, set up as their makers recommend for speed."""

from importlib.util import find_spec

PACKAGES = ("eventsourcing", "procrastinate")


def is_installed(package: str) -> bool:
    """Whether a peer can be measured: `./dev bench` installs infra/locks/bench.lock."""
    return find_spec(package) is not None


def missing() -> list[str]:
    """The peers that cannot be measured here."""
    return [package for package in PACKAGES if not is_installed(package)]
