"""Dockerfile, compose.yaml and .dockerignore say what the program is: no engine is needed to notice where not."""

import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer
import yaml
from packaging.specifiers import SpecifierSet

from pipeline.actors.table import QUEUES
from pipeline.app import build_app
from pipeline.bootstrap import from_url
from pipeline.broker import broker_from_url
from pipeline.cli import app
from pipeline.config import Settings
from storage.archive import S3Archive, archive_from_url
from storage.database import engine_from_url

ROOT = Path(__file__).parents[2]
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "seing"}
PACKAGES = ("pipeline", "templates", "signing", "storage")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def given() -> dict[str, str]:
    """The environment of a process in a container of ours, as image and compose.yaml make it."""
    image = dict(item.split("=", 1) for line in instructions("ENV") for item in shlex.split(line))
    return image | OURS["web"]["environment"]


def command_of(service: dict) -> tuple[str, dict]:
    """The name of the `seing` command that a service runs, and its options as typer understands them."""
    program, name, *options = shlex.split(service["command"])
    assert program == "seing"
    command = typer.main.get_command(app).commands[name]
    return name, command.make_context(name, options).params


def test_every_variable_is_a_setting():
    """A misspelt one would be ignored in silence; addresses are understood by what reads them."""
    known = {f"SEING_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in given() if name.startswith("SEING_")} <= known
    from_url("SEING_DATABASE_URL", engine_from_url, given()["SEING_DATABASE_URL"]).dispose()
    from_url("SEING_BROKER_URL", broker_from_url, given()["SEING_BROKER_URL"]).close()
    assert isinstance(archive_from_url(given()["SEING_ARCHIVE_URL"]), S3Archive)


def test_every_service_runs_a_command_that_exists():
    """With options that it takes; together the workers serve every queue, and the seal has a process of its own."""
    commands = {name: command_of(service) for name, service in OURS.items()}
    assert ["init", "web", "worker", "worker"] == sorted(name for name, _ in commands.values())
    served = [options["queue"] for name, options in commands.values() if name == "worker"]
    assert sorted(QUEUES) == sorted(queue for queues in served for queue in queues)
    assert ["sealing"] in served
    assert "serve" in typer.main.get_command(app).commands
    assert ['["seing", "serve"]'] == instructions("CMD")


def test_services_wait_for_what_they_need():
    """`init` makes database and bucket, so both are there before; nothing waits for a health that nobody checks."""
    assert {"database", "store"} == set(OURS["init"]["depends_on"])
    for name, service in OURS.items():
        for other, wait in service["depends_on"].items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for the health of {other}"
        if name != "init":
            assert service["depends_on"]["init"]["condition"] == "service_completed_successfully"
    hosts = {
        re.search(r"(?:@|endpoint=http://)([a-z]+)", given()[f"SEING_{name}_URL"])[1]
        for name in ("DATABASE", "BROKER", "ARCHIVE")
    }
    assert {"database", "broker", "store"} == hosts & set(SERVICES)


def test_store_and_processes_have_the_same_keys():
    """Without keys of its own the S3 server lets everybody in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert given()[name] == SERVICES["store"]["environment"][name]


def test_health_is_asked_of_who_answers(services):
    """The address and the port exist; an image-wide check would call every worker sick, which listens nowhere."""
    assert [] == instructions("HEALTHCHECK")
    assert {"web"} == {name for name, service in OURS.items() if "healthcheck" in service}
    port, path = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", OURS["web"]["healthcheck"]["test"][-1]).groups()
    assert path in {getattr(route, "path", "") for route in build_app(services).routes}
    listening = str(Settings.model_fields["port"].default)
    assert [listening] == instructions("EXPOSE")
    assert (listening, f"127.0.0.1:{listening}:{listening}") == (port, *OURS["web"]["ports"])


@pytest.mark.parametrize("name", OURS)
def test_a_container_may_do_nothing_more_than_it_must(name):
    """No root, no rights, nothing writable but its data and /tmp; time to end the step that runs."""
    service = OURS[name]
    assert all(not re.match(r"(0|root)\b", user) for user in instructions("USER"))
    assert instructions("USER")
    assert (True, True, ["ALL"]) == (service["read_only"], service["init"], service["cap_drop"])
    assert "no-new-privileges:true" in service["security_opt"]
    assert ["/tmp"] == service["tmpfs"]
    assert [f"seing:{given()['SEING_DATA_DIR']}"] == service["volumes"]
    assert instructions("VOLUME") == [given()["SEING_DATA_DIR"]]
    assert service["stop_grace_period"] == "60s"


def test_the_image_has_a_python_that_the_project_takes():
    """The same in both stages, or compiled packages would not load."""
    (base,) = {line.split()[0] for line in instructions("FROM")}
    version = re.fullmatch(r"python:(\d+\.\d+)-slim-\w+", base)[1]
    assert f"{version}.0" in SpecifierSet(PROJECT["project"]["requires-python"])


def test_the_build_is_sent_what_it_copies():
    """.dockerignore lets through what COPY names, and nothing besides: no var/, no .git, no tests."""
    copied = {
        source for line in instructions("COPY") if not line.startswith("--from") for source in shlex.split(line)[:-1]
    }
    assert set(PACKAGES) < copied
    assert all((ROOT / source).exists() for source in copied)
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert copied == {rule.removeprefix("!") for rule in rules if rule.startswith("!")}


def test_every_file_of_the_packages_is_installed():
    """Work is done on an editable installation, which has every file; the image has what pyproject.toml names."""
    patterns = [*PROJECT["tool"]["setuptools"]["package-data"]["*"], "*.py"]
    assert [f"{name}*" for name in PACKAGES] == PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    left_out = [
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file()
        and path.parent.name != "__pycache__"
        and not any(fnmatch(path.name, each) for each in patterns)
    ]
    assert [] == left_out
