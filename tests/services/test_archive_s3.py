"""The archive on a real S3 server: the common contract, and what only Object Lock can promise."""

from datetime import UTC, date, datetime
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from storage.archive import Archive, archive_from_url
from storage.errors import ArchiveCorrupted, ArchiveMissing, ArchiveUnavailable
from tests.storage.archive_contract import *  # noqa: F403  # the contract's tests run here on S3

LAST_DAY = date(2099, 12, 31)


@pytest.fixture
def archive(s3_url: str) -> Archive:
    return archive_from_url(s3_url)


@pytest.fixture
def bucket(s3_url: str) -> str:
    return urlsplit(s3_url).netloc


@pytest.mark.parametrize("who", ["credentials", "operator"])
def test_nobody_deletes_or_shortens_what_is_signed(archive: Archive, s3_server, bucket: str, who: str):
    """Neither an administrator nor an operator removes a signed file, shortens its lock, or hides it from us."""
    key = archive.put(b"signed", area="signed", retain_until=LAST_DAY, media_type="application/pdf")
    client = s3_server.client(getattr(s3_server, who))
    place = {"Bucket": bucket, "Key": f"signed/{key}"}
    version = client.head_object(**place)["VersionId"]

    with pytest.raises(ClientError):
        client.delete_object(**place, VersionId=version)
    with pytest.raises(ClientError):
        client.delete_object(**place, VersionId=version, BypassGovernanceRetention=True)
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime(2030, 1, 1, tzinfo=UTC)}
    with pytest.raises(ClientError):
        client.put_object_retention(**place, VersionId=version, Retention=sooner)
    with pytest.raises(ClientError):
        client.put_object_retention(
            **place, VersionId=version, Retention={**sooner, "Mode": "GOVERNANCE"}, BypassGovernanceRetention=True
        )
    client.delete_object(**place)

    assert b"signed" == archive.get(key, "signed")
    assert LAST_DAY == archive.retention(key, "signed")


def test_an_overwritten_file_is_found_behind(archive: Archive, s3_server, bucket: str):
    """A version written over a signed file by someone else does not pass for it."""
    key = archive.put(b"signed", area="signed", retain_until=LAST_DAY, media_type="application/pdf")
    client = s3_server.client()
    client.put_object(Bucket=bucket, Key=f"signed/{key}", Body=b"forged")

    assert b"signed" == archive.get(key, "signed")
    assert LAST_DAY == archive.retention(key, "signed")


def test_a_forged_file_is_noticed(archive: Archive, s3_server, bucket: str):
    """What stands under a key without hashing to it is corrupted, and putting the content says so too."""
    key = archive.put(b"draft", area="drafts", retain_until=None, media_type="application/pdf")
    archive.delete(key, "drafts", today=LAST_DAY)
    client = s3_server.client()
    client.put_object(Bucket=bucket, Key=f"drafts/{key}", Body=b"forged")

    with pytest.raises(ArchiveCorrupted):
        archive.get(key, "drafts")
    with pytest.raises(ArchiveCorrupted):
        archive.put(b"draft", area="drafts", retain_until=None, media_type="application/pdf")


def test_the_lock_is_compliance_until_the_end_of_the_day(archive: Archive, s3_server, bucket: str):
    """Signed files carry the lock itself, drafts none."""
    signed = archive.put(b"a", area="signed", retain_until=LAST_DAY, media_type="application/pdf")
    draft = archive.put(b"b", area="drafts", retain_until=LAST_DAY, media_type="text/plain")
    client = s3_server.client()
    head = client.head_object(Bucket=bucket, Key=f"signed/{signed}")
    other = client.head_object(Bucket=bucket, Key=f"drafts/{draft}")

    assert "COMPLIANCE" == head["ObjectLockMode"]
    assert datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC) == head["ObjectLockRetainUntilDate"]
    assert "application/pdf" == head["ContentType"]
    assert "ObjectLockMode" not in other


def test_what_was_there_without_a_lock_gets_it(archive: Archive, s3_server, bucket: str):
    """A file that someone else stored under its right key is locked when we put it."""
    key = sha256(b"form").hexdigest()
    s3_server.client().put_object(Bucket=bucket, Key=f"signed/{key}", Body=b"form")
    assert archive.retention(key, "signed") is None

    assert key == archive.put(b"form", area="signed", retain_until=LAST_DAY, media_type="application/pdf")

    assert LAST_DAY == archive.retention(key, "signed")
    assert "COMPLIANCE" == s3_server.client().head_object(Bucket=bucket, Key=f"signed/{key}")["ObjectLockMode"]


def test_a_lock_that_can_be_lifted_is_none(archive: Archive, s3_server, bucket: str):
    """GOVERNANCE does not count, and a file under it does not pass for archived: the server lets nobody replace it."""
    key = sha256(b"form").hexdigest()
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime(2100, 6, 1, tzinfo=UTC)}
    s3_server.client().put_object(Bucket=bucket, Key=f"signed/{key}", Body=b"form", **lock)

    assert archive.retention(key, "signed") is None
    with pytest.raises(ArchiveUnavailable, match="AccessDenied"):
        archive.put(b"form", area="signed", retain_until=LAST_DAY, media_type="application/pdf")


def test_prepare_makes_buckets_once(s3_server, monkeypatch: pytest.MonkeyPatch):
    """In development the buckets are made with Object Lock where they are missing; a second time changes nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.credentials[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.credentials[1])
    archive = archive_from_url(f"s3://made/sub?endpoint={s3_server.endpoint}&region=us-east-1&drafts=made-drafts")

    with pytest.raises(ArchiveUnavailable):
        archive.check()
    archive.prepare()
    archive.prepare()
    archive.check()
    key = archive.put(b"x", area="signed", retain_until=LAST_DAY, media_type="text/plain")
    assert b"x" == archive.get(key, "signed")


def test_a_bucket_without_object_lock_is_refused(s3_server, monkeypatch: pytest.MonkeyPatch):
    """The check finds it at deployment, and no signed file is stored without its lock."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.credentials[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.credentials[1])
    client = s3_server.client()
    client.create_bucket(Bucket="plain")
    archive = archive_from_url(f"s3://plain?endpoint={s3_server.endpoint}&region=us-east-1")

    with pytest.raises(ArchiveUnavailable):
        archive.check()
    with pytest.raises(ArchiveUnavailable):
        archive.put(b"x", area="signed", retain_until=LAST_DAY, media_type="text/plain")


def test_wrong_credentials_and_no_server_are_unavailable(s3_url: str, monkeypatch: pytest.MonkeyPatch):
    """Refused and unreachable are one refusal that names no secret."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    with pytest.raises(ArchiveUnavailable) as refusal:
        archive_from_url(s3_url).get("0" * 64, "signed")
    assert "wrong-secret" not in str(refusal.value)

    nowhere = archive_from_url("s3://bucket?endpoint=http://127.0.0.1:1&region=us-east-1")
    with pytest.raises(ArchiveUnavailable):
        nowhere.put(b"x", area="drafts", retain_until=None, media_type="text/plain")


def test_missing_is_not_unavailable(archive: Archive):
    """A key never stored is missing, so that nobody waits for it."""
    with pytest.raises(ArchiveMissing):
        archive.get("0" * 64, "signed")
