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
HEAL_CACHE = Counter(
    "retold_heal_cache_total",
    "Steps that needed a stand-in and found it in the heal cache (hit) or had to look for one (miss), and cached heals "
    "that did not find their element any more (dropped): many misses beside hits mean pages whose addresses differ "
    "from row to row.",
    ["outcome"],
)
MODEL_CALLS = Counter(
    "retold_model_calls_total",
    "Questions to a model, by what became of them: timeout, overloaded, invalid and error rising mean that elements "
    "which it would find are not found; budget, that jobs ask more than they may.",
    ["model", "outcome"],
)
MODEL_TOKENS = Counter(
    "retold_model_tokens_total",
    "Tokens that a model took (input) and gave (output), as it tells them.",
    ["model", "kind"],
)
MODEL_COST = Counter(
    "retold_model_cost_usd_total",
    "US dollars that its calls cost by the price list; calls whose cost is not known are not in it.",
    ["model"],
)
REACTION, PROJECTION = "reaction", "projection"
