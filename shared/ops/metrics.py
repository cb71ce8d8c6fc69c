"""The metrics that the platform tells at `/metrics`, each with what a rise means. Labels take few values only."""

from prometheus_client import Counter, Gauge

DEAD_LETTERS = Counter(
    "retold_dead_letters_total",
    "Events put aside because a reaction, or a projection's table, did not take them: any rise needs a person "
    "(retold dead-letters list).",
    ["service", "kind"],
)
OPEN_DEAD_LETTERS = Gauge(
    "retold_dead_letters_open",
    "Events put aside that nobody has retried with success or dropped. Every process of a service tells the same "
    "number: take the maximum.",
    ["service", "kind"],
)
REACTION, PROJECTION = "reaction", "projection"
