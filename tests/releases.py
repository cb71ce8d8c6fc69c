"""Releases that run beside this one in the tests."""

# A commit; its services and today's work on one log (tests/e2e/test_rolling_upgrade.py).
LAST_RELEASE = "HEAD"
