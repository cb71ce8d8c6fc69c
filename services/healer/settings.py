"""Environment variables of the healer."""

from shared.ops.settings import Settings


class HealerSettings(Settings):
    """Nothing beyond what every service needs."""
