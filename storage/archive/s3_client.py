"""The connection to an S3 server: time-outs, retries, and its errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from storage.errors import ArchiveUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 30, 4
"""Time-outs of each call, and how often botocore tries one in all."""


def s3_client(endpoint_url: str | None, region: str | None, credentials: tuple[str, str] | None) -> "S3Client":
    """A client that may be shared between threads; nothing connects yet."""
    key_id, secret = credentials or (None, None)
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            s3={"addressing_style": "path" if endpoint_url else "auto"},
            request_checksum_calculation="when_required",  # every upload states its own SHA-256
        ),
    )


@contextmanager
def translated() -> Iterator[None]:
    """Whatever the server or the network says becomes one refusal, by its code alone: texts may hold addresses."""
    try:
        yield
    except ClientError as error:
        raise ArchiveUnavailable(f"the archive's server refused: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise ArchiveUnavailable(f"the archive's server cannot be used: {type(error).__name__}") from error
