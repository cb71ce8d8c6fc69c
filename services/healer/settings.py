"""Environment variables of the healer."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator

from services.healer.adapters.prices import Price, read_prices
from shared.core.errors import InvalidInput
from shared.ops.settings import Settings

NO_KEY = "no API key is set; set ANTHROPIC_API_KEY for the healer and start it again"


class HealerSettings(Settings):
    """Without an API key no model is asked: everything else works as with one."""

    # The two that the model's own SDK reads keep their names.
    anthropic_api_key: Annotated[
        SecretStr | None,
        Field(
            validation_alias=AliasChoices("anthropic_api_key", "retold_anthropic_api_key"),
            description="ANTHROPIC_API_KEY; without it no model is asked",
        ),
    ] = None
    anthropic_base_url: Annotated[
        str | None, Field(validation_alias=AliasChoices("anthropic_base_url", "retold_anthropic_base_url"))
    ] = None
    model: Annotated[str, Field(min_length=1, description="which model is asked")] = "claude-sonnet-5-5"
    model_effort: Annotated[
        Literal["", "low", "medium", "high"], Field(description="how long it may think; empty: as the model does")
    ] = "low"
    model_prices: Annotated[str, Field(description="MODEL=INPUT/OUTPUT, US dollars per million tokens; by commas")] = ""
    model_seconds: Annotated[float, Field(gt=0, le=25, description="for an answer, with all tries")] = 20.0
    model_slots: Annotated[int, Field(ge=1, le=64, description="calls at once of this process")] = 4
    model_calls: Annotated[int, Field(ge=0, description="the most calls of a job")] = 50
    model_tokens: Annotated[int, Field(ge=0, description="the most tokens of a job")] = 500_000
    model_budget_usd: Annotated[float, Field(ge=0, description="the most US dollars of a job")] = 1.0

    @field_validator("model_prices")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        try:
            read_prices(text)
        except InvalidInput as error:
            raise ValueError(error.detail) from error
        return text

    @property
    def api_key(self) -> str:
        """The key, empty when there is none."""
        return self.anthropic_api_key.get_secret_value().strip() if self.anthropic_api_key else ""

    @property
    def price(self) -> Price | None:
        """What the model costs; none where nobody told."""
        return read_prices(self.model_prices).of(self.model)

    @property
    def model_off(self) -> str | None:
        """Why no model is asked; none where it is."""
        if not self.api_key:
            return NO_KEY
        return None if self.model_calls and self.model_tokens else "the operator allows no calls (RETOLD_MODEL_CALLS)"
