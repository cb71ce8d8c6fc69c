"""What a model costs: the list beside this file, and what the operator says of models in `RETOLD_MODEL_PRICES`."""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from shared.core.errors import InvalidInput

LIST = Path(__file__).with_name("model_prices.json")
_ENTRY = re.compile(r"\s*(?P<model>[^=\s]+)\s*=\s*(?P<input>\d+(\.\d+)?)\s*/\s*(?P<output>\d+(\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Price:
    """In US dollars per million tokens, which is millionths of a dollar per token."""

    input: float
    output: float

    def micro_usd(self, input_tokens: int, output_tokens: int) -> int:
        """What so many tokens cost, in millionths of a US dollar, rounded up."""
        return math.ceil(round(input_tokens * self.input + output_tokens * self.output, 6))


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of models by name; `as_of`: the day when the list was read."""

    models: dict[str, Price]
    as_of: str

    def of(self, model: str) -> Price | None:
        """A model's price; a dated name (`claude-haiku-4-5-20251001`) costs what the plain one does. None: unknown."""
        return self.models.get(model) or self.models.get(re.sub(r"-\d{8}$", "", model))


def read_prices(operators: str = "") -> Prices:
    """The list, and `operators` in its place: `MODEL=INPUT/OUTPUT`, by commas. Raises `InvalidInput`."""
    listed = json.loads(LIST.read_text("utf-8"))
    models = {name: Price(**price) for name, price in listed["models"].items()}
    for entry in filter(None, (part.strip() for part in operators.split(","))):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise InvalidInput(
                f"RETOLD_MODEL_PRICES: {entry!r} is not MODEL=INPUT/OUTPUT in US dollars per million tokens, "
                "such as my-model=2/10"
            )
        models[match["model"]] = Price(float(match["input"]), float(match["output"]))
    return Prices(models, listed["as_of"])
