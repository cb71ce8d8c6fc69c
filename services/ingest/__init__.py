"""Decides what comes in: organizations and their people, recordings. Never runs anything."""
