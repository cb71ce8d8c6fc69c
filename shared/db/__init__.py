"""Postgres: pool, named queries, migrations, row-level security. One schema and one role a service."""
