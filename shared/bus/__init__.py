"""The log: its port, JetStream behind it, an in-memory twin; subjects, append loop, reactions."""
