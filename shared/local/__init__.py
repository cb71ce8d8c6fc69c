"""NATS and Postgres from their wheels, for the laptop and for tests: no container, no root, nothing to install."""

from shared.local.stack import LocalStack

__all__ = ["LocalStack"]
