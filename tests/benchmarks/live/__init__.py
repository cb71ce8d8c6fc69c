"""How soon a person sees what a key did, in a browser that is recorded elsewhere."""
