"""How fast the engine is, beside others that do the same, on this machine and in one run: `./dev bench engine`."""
