"""HTTP: the app every service starts from, problems, callers, server-sent events."""
