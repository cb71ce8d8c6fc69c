"""Decides what runs and when: jobs, the order of their rows, how they end. Never opens a browser."""
