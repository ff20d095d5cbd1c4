"""The archive as a folder: the common contract, and what disks do."""

import errno
import os
import stat
from datetime import date
from pathlib import Path

import pytest

from storage.archive import Archive, FolderArchive, S3Archive, archive_from_url
from storage.errors import ArchiveCorrupted, ArchiveMissing, ArchiveUnavailable
from tests.storage.archive_contract import *  # noqa: F403  # the contract's tests run here on a folder

LAST_DAY = date(2099, 12, 31)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_from_url(f"file://{tmp_path}/archive")


def stored(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "archive").rglob("*") if path.is_file() and path.name != ".lock")


def put(archive: Archive, data: bytes = b"form") -> str:
    return archive.put(data, area="signed", retain_until=LAST_DAY, media_type="application/pdf")


def test_files_are_read_only(archive: Archive, tmp_path: Path):
    """Content and note are 0444, under the first two digits of the key."""
    key = put(archive)

    files = stored(tmp_path)
    assert [f"signed/{key[:2]}/{key}", f"signed/{key[:2]}/{key}.json"] == [
        str(path.relative_to(tmp_path / "archive")) for path in files
    ]
    assert {0o444} == {stat.S_IMODE(path.stat().st_mode) for path in files}


@pytest.mark.parametrize("call", ["fsync", "link", "fchmod"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_leaves_nothing_half_written(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, reason: int
):
    """The refusal is `ArchiveUnavailable`, no content is visible, and all is well when there is room again."""

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(reason, os.strerror(reason))

    put(archive, b"before")
    before = stored(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(ArchiveUnavailable, match=os.strerror(reason)):
            put(archive)
    assert before == stored(tmp_path)
    with pytest.raises(ArchiveMissing):
        archive.get("a" * 64, "signed")

    assert b"form" == archive.get(put(archive), "signed")


def test_a_real_limit_on_size_is_unavailable(archive: Archive, tmp_path: Path):
    """A write that the system cuts short leaves no part of the file."""
    import resource
    import signal

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    put(archive, b"before")
    before = stored(tmp_path)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        with pytest.raises(ArchiveUnavailable):
            put(archive, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)

    assert before == stored(tmp_path)


def test_a_changed_file_is_noticed(archive: Archive, tmp_path: Path):
    """One changed byte: neither get nor put passes over it."""
    key = put(archive)
    path = tmp_path / "archive" / "signed" / key[:2] / key
    path.chmod(0o644)
    path.write_bytes(b"fork")

    with pytest.raises(ArchiveCorrupted):
        archive.get(key, "signed")
    with pytest.raises(ArchiveCorrupted):
        put(archive)
    assert b"fork" == path.read_bytes()


@pytest.mark.parametrize("note", [None, b"", b"{}", b'{"retain_until": "soon"}'])
def test_a_lost_note_keeps_the_file(archive: Archive, tmp_path: Path, note: bytes | None):
    """Without a readable retention a file is never deleted."""
    key = archive.put(b"draft", area="drafts", retain_until=date(2026, 1, 1), media_type="text/plain")
    path = tmp_path / "archive" / "drafts" / key[:2] / f"{key}.json"
    path.unlink()
    if note is not None:
        path.write_bytes(note)

    with pytest.raises(ArchiveCorrupted):
        archive.delete(key, "drafts", today=LAST_DAY)
    assert 0 == archive.expire("drafts", LAST_DAY)
    assert b"draft" == archive.get(key, "drafts")


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path):
    """A file in the way is said at once, as any other trouble of the disk."""
    (tmp_path / "archive").write_text("in the way")

    with pytest.raises(ArchiveUnavailable):
        FolderArchive(tmp_path / "archive").check()


def test_the_address_picks_the_archive():
    """file: is a folder, s3: a bucket; anything unclear is refused before it is used."""
    assert isinstance(archive_from_url("file:///var/lib/seing"), FolderArchive)
    bucket = archive_from_url("s3://orders/one/two/?endpoint=http://127.0.0.1:1&region=fr-par&drafts=other")
    assert isinstance(bucket, S3Archive)
    assert ("orders", "one/two/", "other") == (bucket.bucket, bucket.prefix, bucket.drafts_bucket)

    for wrong in (
        "",
        "folder",
        "file://folder",
        "file:///a?b=c",
        "ftp://x",
        "s3:///key",
        "s3://b?secret=x",
        "s3://a:b@c",
    ):
        with pytest.raises(ValueError, match=r"file|s3|field"):
            archive_from_url(wrong)
