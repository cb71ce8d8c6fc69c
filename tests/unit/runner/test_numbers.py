"""Numbers as tables write them, for fields that take no comma."""

import pytest

from services.runner.adapters.filling import plain_number


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("-1 234,5", "-1234.5"),
        ("1'234.5", "1234.5"),
        ("1.234.567", "1234567"),
    ],
)
def test_a_number_is_read_as_it_was_meant(written, plain):
    assert plain_number(written) == plain


@pytest.mark.parametrize("written", ["1,234", "1.234", "0.125", "1234.56", "1e3", "1,2,3", "1.234,567.8", "twelve", ""])
def test_what_is_plain_or_may_mean_either_stays_as_it_is(written):
    assert plain_number(written) == written
