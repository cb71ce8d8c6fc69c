"""Lines for whoever reads them, and no harm where nobody does."""

import io
import json
import logging
import sys

import pytest
import structlog

from shared.ops.logging import configure_logging


def test_lines_are_json_for_machines_with_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("json")
    structlog.get_logger().debug("unheard")
    try:
        int("seven")
    except ValueError:
        structlog.get_logger().exception("it failed", task="counting")
    logging.getLogger("somebody.else").warning("%d of them", 3)
    own, foreign = map(json.loads, written.getvalue().splitlines())
    assert (own["event"], own["task"], own["level"]) == ("it failed", "counting", "error")
    assert "ValueError: invalid literal" in own["exception"]
    assert (foreign["event"], foreign["level"]) == ("3 of them", "warning")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_line_that_nobody_takes_any_more_stops_nothing(log_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = io.StringIO()
    monkeypatch.setattr(sys, "stderr", gone)
    configure_logging(log_format)
    gone.close()
    structlog.get_logger().error("unheard")
    logging.getLogger("somebody.else").error("unheard")
