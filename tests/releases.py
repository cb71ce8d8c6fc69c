"""Releases that run beside this one in the tests."""

# A commit; its services and today's work on one log (tests/e2e/test_rolling_upgrade.py).
LAST_RELEASE = "a4f34dfb6e382f2be9512b8d59f9ae67ed2b4cdf"
