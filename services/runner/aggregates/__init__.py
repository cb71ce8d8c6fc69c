"""PURE: one file per aggregate: events, commands, state, evolve, decide."""
