"""The archive in an S3 bucket with Object Lock: what is signed cannot be overwritten or deleted, by anybody.

`<prefix>signed/<sha256>` is locked in COMPLIANCE mode until the end (UTC) of its last day; `<prefix>drafts/<sha256>`
carries no lock, and its last day as metadata. Every upload states its checksum, which the server computes again, and
is refused where the key exists (`If-None-Match: *`). A delete without a version only hides an object and an overwrite
by someone else only adds a version: `get` looks behind both.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError

from storage.archive.base import Area, checked_content, checked_key, checked_retention, digest, longer
from storage.errors import ArchiveCorrupted, ArchiveMissing, ArchiveRetained, ArchiveUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 30, 4
"""Time-outs of each call, and how often botocore tries one in all."""

CONFLICT_TRIES = 5
"""Uploads tried when another upload of the same key runs at that very moment (409)."""

EXPIRES = "expires-on"
"""Metadata of a draft: its last day."""

ABSENT = {"404", "NoSuchKey", "NotFound", "NoSuchVersion", "405", "MethodNotAllowed"}
"""How servers say that there is no such object, a delete marker (405) included."""


class S3Archive:
    """An `Archive` in one bucket.

    Args:
        bucket: made beforehand with Object Lock (`prepare` does it in development).
        prefix: before every key, such as `seing/`.
        drafts_bucket: another bucket for drafts, without Object Lock.
        endpoint_url: of another provider than AWS.
        region: as the provider names it.
        credentials: access key id and secret; by default boto3 finds them (environment, profile, instance role).
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        drafts_bucket: str | None = None,
        endpoint_url: str | None = None,
        region: str | None = None,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self.bucket, self.prefix = bucket, prefix
        self.drafts_bucket = drafts_bucket or bucket
        key_id, secret = credentials or (None, None)
        self._client: S3Client = boto3.session.Session().client(
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
                request_checksum_calculation="when_required",
            ),
        )

    def __repr__(self) -> str:
        return f"S3Archive({self.bucket!r}, prefix={self.prefix!r})"

    def put(self, data: bytes, *, area: Area, retain_until: date | None, media_type: str) -> str:
        """See `Archive.put`."""
        checked_retention(area, retain_until)
        key = digest(data)
        place = self._place(key, area)
        lock: dict[str, Any] = {}
        if area == "signed" and retain_until is not None:
            lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": _end_of(retain_until)}
        elif retain_until is not None:
            lock = {"Metadata": {EXPIRES: retain_until.isoformat()}}
        with _translated():
            created = self._upload(place, data, media_type, lock)
            _, version = self._find(key, area)
            if not created:
                self._prolong(key, area, retain_until, version, media_type)
        return key

    def get(self, sha256: str, area: Area) -> bytes:
        """See `Archive.get`; reads an older version where the newest is hidden or is not what it should be."""
        with _translated():
            return self._find(checked_key(sha256, area), area)[0]

    def retention(self, sha256: str, area: Area) -> date | None:
        """See `Archive.retention`; for `signed` what the server enforces, not what we asked for."""
        place = self._place(checked_key(sha256, area), area)
        with _translated():
            dates = [self._retention({**place, "VersionId": version}, area) for version in self._versions(place)]
        if not dates:
            raise ArchiveMissing(sha256, area)
        known = [day for day in dates if day is not None]
        # One locked version is enough to keep what is signed; one undated draft is enough to keep a draft.
        return max(known) if known and (area == "signed" or len(known) == len(dates)) else None

    def delete(self, sha256: str, area: Area, *, today: date) -> None:
        """See `Archive.delete`; every version goes."""
        until = self.retention(sha256, area)
        if area == "signed" and (until is None or today <= until):
            raise ArchiveRetained(sha256, until)
        place = self._place(sha256, area)
        with _translated():
            for version in self._versions(place, markers=True):
                self._client.delete_object(**place, VersionId=version)

    def expire(self, area: Area, today: date) -> int:
        """See `Archive.expire`."""
        if area != "drafts":
            raise ValueError("only drafts expire")
        gone = 0
        with _translated():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.drafts_bucket, Prefix=f"{self.prefix}drafts/"
            )
            for found in [item["Key"] for page in pages for item in page.get("Contents", [])]:
                key = found.rpartition("/")[2]
                with suppress(ArchiveMissing):  # another process may have been faster
                    until = self.retention(key, area)
                    if until is not None and until < today:
                        self.delete(key, area, today=today)
                        gone += 1
        return gone

    def check(self) -> None:
        """See `Archive.check`; also that the bucket has Object Lock, without which nothing signed may go there."""
        with _translated():
            locking = self._client.get_object_lock_configuration(Bucket=self.bucket)["ObjectLockConfiguration"]
        if locking.get("ObjectLockEnabled") != "Enabled":
            raise ArchiveUnavailable(f"bucket {self.bucket} has no Object Lock")
        key = self.put(os.urandom(32), area="drafts", retain_until=None, media_type="application/octet-stream")
        self.delete(key, "drafts", today=date.max)

    def prepare(self) -> None:
        """Make the bucket with Object Lock where it is missing: for development; elsewhere an operator does it."""
        with _translated():
            for name, locked in {self.drafts_bucket: False, self.bucket: True}.items():
                try:
                    self._client.head_bucket(Bucket=name)
                except ClientError as error:
                    if error.response["Error"]["Code"] not in {"404", "NoSuchBucket", "NotFound"}:
                        raise
                    self._client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)

    def _place(self, key: str, area: Area) -> dict[str, Any]:
        bucket = self.drafts_bucket if area == "drafts" else self.bucket
        return {"Bucket": bucket, "Key": f"{self.prefix}{area}/{key}"}

    def _upload(self, place: dict[str, Any], data: bytes, media_type: str, lock: dict[str, Any]) -> bool:
        """True where the object was made, False where the key was there already."""
        checksum = base64.b64encode(bytes.fromhex(digest(data))).decode()
        for _ in range(CONFLICT_TRIES):
            try:
                self._client.put_object(
                    **place, Body=data, ContentType=media_type, ChecksumSHA256=checksum, IfNoneMatch="*", **lock
                )
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status == 412:  # precondition failed: the key exists
                    return False
                if status != 409:  # conflict: someone uploads the same key right now
                    raise
            else:
                return True
        raise ArchiveUnavailable("the archive's server is busy with the same file")

    def _find(self, key: str, area: Area) -> tuple[bytes, str]:
        """The content and its version id ("" in a bucket without versions), behind whatever hides it."""
        place = self._place(key, area)
        with suppress(ArchiveMissing, ArchiveCorrupted):
            return self._read(place, key, area)
        versions = list(self._versions(place))
        for version in versions:
            with suppress(ArchiveMissing, ArchiveCorrupted):
                return self._read({**place, "VersionId": version}, key, area)
        raise ArchiveCorrupted(key, area) if versions else ArchiveMissing(key, area)

    def _read(self, place: dict[str, Any], key: str, area: Area) -> tuple[bytes, str]:
        try:
            answer = self._client.get_object(**place, ChecksumMode="ENABLED")
            data = answer["Body"].read()
        except FlexibleChecksumError:
            raise ArchiveCorrupted(key, area) from None
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                raise ArchiveMissing(key, area) from None
            raise
        return checked_content(data, key, area), answer.get("VersionId", "")

    def _versions(self, place: dict[str, Any], *, markers: bool = False) -> Iterator[str]:
        """Version ids of one object, newest first; with `markers` those that only hide it, too."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=place["Bucket"], Prefix=place["Key"])
        for page in pages:
            found: list[Any] = [*page.get("Versions", []), *(page.get("DeleteMarkers", []) if markers else [])]
            yield from (item["VersionId"] for item in found if item["Key"] == place["Key"])

    def _retention(self, place: dict[str, Any], area: Area) -> date | None:
        head = self._client.head_object(**place)
        if area == "signed":
            locked = head.get("ObjectLockRetainUntilDate")
            return locked.astimezone(UTC).date() if locked else None
        marked = head["Metadata"].get(EXPIRES)
        return date.fromisoformat(marked) if marked else None

    def _prolong(self, key: str, area: Area, asked: date | None, version: str, media_type: str) -> None:
        present = self.retention(key, area)
        place = self._place(key, area)
        if area == "signed" and asked is not None and (present is None or asked > present):
            self._client.put_object_retention(
                **place,
                VersionId=version,
                Retention={"Mode": "COMPLIANCE", "RetainUntilDate": _end_of(asked)},
            )
        elif area == "drafts" and longer(present, asked) != present:
            day = longer(present, asked)
            self._client.copy_object(
                **place,
                CopySource={"Bucket": place["Bucket"], "Key": place["Key"]},
                Metadata={EXPIRES: day.isoformat()} if day else {},
                MetadataDirective="REPLACE",
                ContentType=media_type,
            )


def _end_of(day: date) -> datetime:
    """The last second of a day in UTC, which is after its end in Paris."""
    return datetime.combine(day, time(23, 59, 59), UTC)


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever the server or the network says becomes one refusal, by its code alone: texts may hold addresses."""
    try:
        yield
    except ClientError as error:
        raise ArchiveUnavailable(f"the archive's server refused: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise ArchiveUnavailable(f"the archive's server cannot be used: {type(error).__name__}") from error
