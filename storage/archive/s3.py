"""The archive in an S3 bucket with Object Lock: what is signed cannot be overwritten or deleted, by anybody.

`<prefix>signed/<sha256>` is locked in COMPLIANCE mode until the end (UTC) of its last day; `<prefix>drafts/<sha256>`
carries no lock, and its last day as metadata. Every upload states its checksum, which the server computes again, and
is refused where the key exists (`If-None-Match: *`). A delete without a version only hides an object and an overwrite
by someone else only adds a version: `get` looks behind both.
"""

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, FlexibleChecksumError

from storage.archive.base import Area, Held, checked_content, checked_key, checked_retention, digest, is_key, longer
from storage.archive.s3_client import s3_client, translated
from storage.errors import ArchiveCorrupted, ArchiveMissing, ArchiveRetained, ArchiveUnavailable

CONFLICT_TRIES = 5
"""Uploads tried when another upload of the same key runs at that very moment (409)."""

EXPIRES = "expires-on"
"""Metadata of a draft: its last day."""

ABSENT = {"404", "NoSuchKey", "NotFound", "NoSuchVersion", "405", "MethodNotAllowed"}
"""How servers say that there is no such object, a delete marker (405) included."""


class _Found(NamedTuple):
    """A content with the version that holds it ("" in a bucket without versions) and the last day of its lock."""

    data: bytes
    version: str
    locked_until: date | None


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
        self._client = s3_client(endpoint_url, region, credentials)

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
        with translated():
            created = self._upload(place, data, media_type, lock)
            found = self._find(key, area)
            if area == "signed" and retain_until is not None:
                if found.locked_until is None or found.locked_until < retain_until:
                    if created:
                        raise ArchiveUnavailable("the archive's server has stored a file without its lock")
                    self._prolong_lock({**place, "VersionId": found.version}, retain_until)
            elif not created:
                self._prolong_draft(key, retain_until, media_type)
        return key

    def get(self, sha256: str, area: Area) -> bytes:
        """See `Archive.get`; reads an older version where the newest is hidden or is not what it should be."""
        with translated():
            return self._find(checked_key(sha256, area), area).data

    def retention(self, sha256: str, area: Area) -> date | None:
        """See `Archive.retention`; for `signed` what the server enforces, not what we asked for."""
        place = self._place(checked_key(sha256, area), area)
        with translated():
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
        with translated():
            for version in self._versions(place, markers=True):
                self._client.delete_object(**place, VersionId=version)

    def expire(self, area: Area, today: date) -> int:
        """See `Archive.expire`."""
        if area != "drafts":
            raise ValueError("only drafts expire")
        gone = 0
        with translated():
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

    def held(self, area: Area, *, settled: timedelta) -> Iterator[Held]:
        """See `Archive.held`; a thousand objects a request."""
        before = datetime.now(UTC) - settled
        bucket = self.drafts_bucket if area == "drafts" else self.bucket
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{self.prefix}{area}/")
        with translated():
            for page in pages:
                for item in page.get("Contents", []):
                    key, stored_at = item["Key"].rpartition("/")[2], item["LastModified"].astimezone(UTC)
                    if is_key(key) and stored_at <= before:
                        yield Held(key, stored_at, item["Size"])

    def check(self) -> None:
        """See `Archive.check`; also that the bucket has Object Lock, without which nothing signed may go there."""
        with translated():
            locking = self._client.get_object_lock_configuration(Bucket=self.bucket)["ObjectLockConfiguration"]
        if locking.get("ObjectLockEnabled") != "Enabled":
            raise ArchiveUnavailable(f"bucket {self.bucket} has no Object Lock")
        key = self.put(os.urandom(32), area="drafts", retain_until=None, media_type="application/octet-stream")
        self.delete(key, "drafts", today=date.max)

    def prepare(self) -> bool:
        """See `Archive.prepare`; the bucket is made with Object Lock."""
        with translated():
            made = [self._made(name, locked) for name, locked in {self.drafts_bucket: False, self.bucket: True}.items()]
        return any(made)

    def _made(self, bucket: str, locked: bool) -> bool:
        """Whether the bucket was missing and is there now: made here, or by another process at that very moment."""
        try:
            self._client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchBucket", "NotFound"}:
                raise
        else:
            return False
        with suppress(self._client.exceptions.BucketAlreadyOwnedByYou):
            self._client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked)
        return True

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

    def _find(self, key: str, area: Area) -> _Found:
        """The content, behind whatever hides it."""
        place = self._place(key, area)
        with suppress(ArchiveMissing, ArchiveCorrupted):
            return self._read(place, key, area)
        versions = list(self._versions(place))
        for version in versions:
            with suppress(ArchiveMissing, ArchiveCorrupted):
                return self._read({**place, "VersionId": version}, key, area)
        raise ArchiveCorrupted(key, area) if versions else ArchiveMissing(key, area)

    def _read(self, place: dict[str, Any], key: str, area: Area) -> _Found:
        try:
            answer = self._client.get_object(**place, ChecksumMode="ENABLED")
            data = answer["Body"].read()
        except FlexibleChecksumError:
            raise ArchiveCorrupted(key, area) from None
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                raise ArchiveMissing(key, area) from None
            raise
        return _Found(checked_content(data, key, area), answer.get("VersionId", ""), _locked_until(answer))

    def _versions(self, place: dict[str, Any], *, markers: bool = False) -> Iterator[str]:
        """Version ids of one object, newest first; with `markers` those that only hide it, too."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=place["Bucket"], Prefix=place["Key"])
        for page in pages:
            found: list[Any] = [*page.get("Versions", []), *(page.get("DeleteMarkers", []) if markers else [])]
            yield from (item["VersionId"] for item in found if item["Key"] == place["Key"])

    def _retention(self, place: dict[str, Any], area: Area) -> date | None:
        head = self._client.head_object(**place)
        if area == "signed":
            return _locked_until(head)
        marked = head["Metadata"].get(EXPIRES)
        return date.fromisoformat(marked) if marked else None

    def _prolong_lock(self, place: dict[str, Any], until: date) -> None:
        retention: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": _end_of(until)}
        self._client.put_object_retention(**place, Retention=retention)

    def _prolong_draft(self, key: str, asked: date | None, media_type: str) -> None:
        present = self.retention(key, "drafts")
        day = longer(present, asked)
        if day == present:
            return
        place = self._place(key, "drafts")
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


def _locked_until(answer: Mapping[str, Any]) -> date | None:
    """The last day of the lock that the server states for an object; a lock that can be lifted is none."""
    until = answer.get("ObjectLockRetainUntilDate")
    return until.astimezone(UTC).date() if until and answer.get("ObjectLockMode") == "COMPLIANCE" else None
