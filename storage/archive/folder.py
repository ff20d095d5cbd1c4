"""The archive as a folder: files that are written once, complete or not at all, beside a note of their retention.

`<root>/<area>/<first 2 digits>/<sha256>` is the content (mode 0444), `<sha256>.json` its note. The folder needs hard
links (any Linux file system; not FAT). The retention binds this program; an operator with a shell is bound only by
the S3 archive.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from storage.archive.base import (
    Area,
    Held,
    checked_content,
    checked_key,
    checked_retention,
    digest,
    is_key,
    longer,
)
from storage.errors import ArchiveCorrupted, ArchiveError, ArchiveMissing, ArchiveRetained, ArchiveUnavailable

READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


class FolderArchive:
    """An `Archive` under one folder, made on first use."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"FolderArchive({str(self.root)!r})"

    def put(self, data: bytes, *, area: Area, retain_until: date | None, media_type: str) -> str:
        """See `Archive.put`."""
        checked_retention(area, retain_until)
        key = digest(data)
        path = self._path(key, area)
        with _translated(), self._locked(path.parent):
            if path.exists():
                checked_content(path.read_bytes(), key, area)
                note = _note(path, area)
                kept = longer(_day(note), retain_until)
                if kept == _day(note):
                    return key
                note["retain_until"] = kept.isoformat() if kept else None
                _write(path.with_suffix(".json"), _encoded(note), replace=True)
                return key
            note = {
                "media_type": media_type,
                "retain_until": retain_until.isoformat() if retain_until else None,
                "sha256": key,
                "size": len(data),
            }
            # The note first: a content that is visible always has its retention.
            _write(path.with_suffix(".json"), _encoded(note), replace=True)
            try:
                _write(path, data, replace=False)
            except BaseException:
                if not path.exists():
                    path.with_suffix(".json").unlink()
                raise
        return key

    def get(self, sha256: str, area: Area) -> bytes:
        """See `Archive.get`."""
        path = self._path(checked_key(sha256, area), area)
        with _translated():
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                raise ArchiveMissing(sha256, area) from None
        return checked_content(data, sha256, area)

    def retention(self, sha256: str, area: Area) -> date | None:
        """See `Archive.retention`."""
        path = self._path(checked_key(sha256, area), area)
        with _translated():
            if not path.exists():
                raise ArchiveMissing(sha256, area)
            return _day(_note(path, area))

    def delete(self, sha256: str, area: Area, *, today: date) -> None:
        """See `Archive.delete`. Where the note cannot be read, the content stays (`ArchiveCorrupted`)."""
        path = self._path(checked_key(sha256, area), area)
        with _translated(), self._locked(path.parent):
            until = self.retention(sha256, area)
            if area == "signed" and (until is None or today <= until):
                raise ArchiveRetained(sha256, until)
            path.unlink()
            path.with_suffix(".json").unlink()
            _sync(path.parent)

    def expire(self, area: Area, today: date) -> int:
        """See `Archive.expire`."""
        if area != "drafts":
            raise ValueError("only drafts expire")
        gone = 0
        with _translated():
            notes = sorted((self.root / area).glob("??/*.json"))
        for note in notes:
            # Another process may have been faster, and a note that cannot be read keeps its content.
            with suppress(ArchiveMissing, ArchiveCorrupted):
                until = self.retention(note.stem, area)
                if until is not None and until < today:
                    self.delete(note.stem, area, today=today)
                    gone += 1
        return gone

    def held(self, area: Area, *, settled: timedelta) -> Iterator[Held]:
        """See `Archive.held`."""
        before = datetime.now(UTC) - settled
        with _translated():
            for path in (self.root / area).glob("??/*"):
                if not is_key(path.name):
                    continue
                with suppress(FileNotFoundError):  # deleted since
                    found = path.stat()
                    stored_at = datetime.fromtimestamp(found.st_mtime, UTC)
                    if stored_at <= before:
                        yield Held(path.name, stored_at, found.st_size)

    def check(self) -> None:
        """See `Archive.check`."""
        probe = os.urandom(32)
        key = self.put(probe, area="drafts", retain_until=None, media_type="application/octet-stream")
        self.get(key, "drafts")
        self.delete(key, "drafts", today=date.max)

    def prepare(self) -> bool:
        """See `Archive.prepare`."""
        made = not self.root.is_dir()
        with _translated():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o750)
        return made

    def _path(self, key: str, area: Area) -> Path:
        return self.root / area / key[:2] / key

    @contextmanager
    def _locked(self, shard: Path) -> Iterator[None]:
        """One writer at a time in a shard, among threads and processes; released by the system if the process dies."""
        if not shard.is_dir():
            shard.mkdir(parents=True, exist_ok=True, mode=0o750)
            for folder in (shard.parent, shard.parent.parent):
                _sync(folder)
        handle = os.open(shard / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _note(path: Path, area: Area) -> dict[str, object]:
    """The note of a content that is there; one that is lost or garbled counts as corruption of the content."""
    try:
        note: dict[str, object] = json.loads(path.with_suffix(".json").read_bytes())
        _day(note)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise ArchiveCorrupted(path.name, area) from None
    return note


def _day(note: dict[str, object]) -> date | None:
    value = note["retain_until"]
    return None if value is None else date.fromisoformat(str(value))


def _encoded(note: dict[str, object]) -> bytes:
    return json.dumps(note, sort_keys=True).encode()


def _write(path: Path, data: bytes, *, replace: bool) -> None:
    """Put a complete file in its place, on the disk itself; a failure leaves nothing behind."""
    draft = path.parent / f".{uuid4().hex}.part"
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), READ_ONLY)
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # read back from the disk, not from memory
            file.seek(0)
            if file.read() != data:
                raise ArchiveUnavailable("the archive's disk does not give back what was written")
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)  # fails where something is there already: nothing is ever overwritten
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translated() -> Iterator[None]:
    """Disk full, read-only, no rights, no such device: all one refusal, with the system's word for it."""
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        raise ArchiveUnavailable(f"the archive folder cannot be used: {error.strerror or error}") from error
