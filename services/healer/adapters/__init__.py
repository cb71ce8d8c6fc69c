"""EDGE: the outside world: a model, and what it costs."""
