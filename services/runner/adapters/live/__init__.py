"""EDGE: a browser that a person uses from elsewhere, recorded: its picture out, input in, what was done told."""
