"""Real applications hold exactly what the table says; only when named: `./dev test tests/apps/test_apps.py`."""

import pytest

from tests.apps.running import APPLICATIONS, Wishes, run


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", APPLICATIONS)
async def test_an_application_holds_every_row_exactly_once(name: str) -> None:
    outcome = await run(name, Wishes(rows=10), tell=lambda _: None)
    assert outcome.errors == []
    assert outcome.differences == []
    assert outcome.is_good
