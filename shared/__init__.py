"""What all services stand on: events, the log, read models, HTTP. Knows no service."""
