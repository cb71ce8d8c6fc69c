"""What recording costs the person who is recorded."""
