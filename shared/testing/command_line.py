"""The command line `retold` as a process, as a person or a script runs it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a command that went well printed."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        """The same, of a command that prints an object a line."""
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


async def command(*arguments: object, environment: Mapping[str, str] | None = None) -> Ended:
    """Run `retold` with these arguments; of the variables RETOLD_… it sees the given ones alone."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RETOLD_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", *map(str, arguments)),
        cwd=ROOT,
        env={**clean, "NO_COLOR": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())
