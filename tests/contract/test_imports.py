"""Only events cross a border, and what is pure stays pure."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE_FOLDERS = ("shared/core", "shared/contracts")
PURE_ROOMS = ("policies", "progress", "fairness", "sweep", "tenants", "pacing", "editing", "comparing")
PURE = sorted(
    [path for folder in PURE_FOLDERS for path in (ROOT / folder).glob("*.py")]
    + list((ROOT / "services").glob("*/aggregates/*.py"))
    + [path for room in PURE_ROOMS for path in (ROOT / "services").glob(f"*/{room}.py")]
)
ALLOWED_PACKAGES = {"pydantic", "uuid_utils"}
ALLOWED_STANDARD = {
    "ast", "collections", "dataclasses", "datetime", "difflib", "enum", "functools", "hashlib", "heapq", "itertools",
    "json", "math", "re", "typing", "unicodedata", "uuid",
}  # fmt: skip


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_pure_imports_nothing_that_can_do_io(path: Path) -> None:
    for module in _imports(path):
        top = module.partition(".")[0]
        inside = module.startswith(("shared.core", "shared.contracts")) or (
            module.startswith("services.") and (".aggregates." in module or module.endswith(PURE_ROOMS))
        )
        assert inside or top in ALLOWED_PACKAGES or top in ALLOWED_STANDARD, module


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_pure_has_no_async(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]


def test_the_import_rules_hold() -> None:
    """The contracts stand in pyproject.toml: no service imports another, `shared` knows no service."""
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([str(linter)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
