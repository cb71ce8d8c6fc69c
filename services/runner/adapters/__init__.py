"""The browser, as the runner sees it: a fleet that gives fresh sessions, each of which performs steps."""
