"""Every step kind and every hard case, with every driver, judged by what the page's server received."""

from typing import Any

import pytest

from tests.conformance.case import Case
from tests.conformance.cases import CASES, why_not
from tests.conformance.conftest import Performed
from tests.conformance.running import judge


def _marked(case: Case) -> Any:
    marks = [pytest.mark.xfail(reason=case.limit, strict=False)] if case.limit else []
    return pytest.param(case, id=case.id, marks=marks)


@pytest.mark.parametrize("case", [_marked(case) for case in CASES])
async def test_the_server_gets_what_it_must(case: Case, performed: Performed) -> None:
    reason = why_not(case, performed.driver)
    if reason:
        pytest.skip(f"{performed.driver}: {reason}")
    judge(case, await performed.outcome(case))


def test_no_two_cases_have_the_same_name() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
