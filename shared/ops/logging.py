"""Structured logs on standard error: JSON for machines, short lines for people."""

import logging
import sys

import structlog

# asyncpg tells with a traceback of every connection that it cannot restore; the pool's user tells it better.
CHATTY = ("asyncpg", "httpcore2", "httpx2", "asyncio")


OWN = "retold"  # the logger through which our own lines go


def configure_logging(log_format: str, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers to standard error.

    A line that nobody takes any more (a closed pipe) is dropped: it must not stop what it tells of.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,  # never the values of local variables
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: logging.getLogger(OWN),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        renderer,
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=shared))
    logging.raiseExceptions = False
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(OWN).setLevel(level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.ERROR)
