"""Projectors on real servers: fenced, restarted, fed with what cannot be shown, rebuilt."""
