"""By tier: unit (no I/O), contract (rules that hold everywhere), integration (real servers), e2e (all four)."""
