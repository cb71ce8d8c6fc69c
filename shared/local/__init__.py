"""NATS and Postgres from their wheels, for the laptop and for tests: no container, no root, nothing to install."""

from shared.local.nats_cluster import NatsCluster
from shared.local.stack import LocalStack

__all__ = ["LocalStack", "NatsCluster"]
