"""Running a service: settings, logging, metrics, health."""
