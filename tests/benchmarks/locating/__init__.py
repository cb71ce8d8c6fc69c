"""How long the engine in the page takes to find an element: healthy, without an id, healed, refused."""
