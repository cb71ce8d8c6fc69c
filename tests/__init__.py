"""By tier: unit (no I/O), contract (rules that hold everywhere), integration (real NATS and Postgres), e2e (all four)."""
