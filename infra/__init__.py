"""How Retold is shown, deployed and watched: no product code, nothing here is imported by a service."""
