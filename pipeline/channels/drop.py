"""Where an agency picks up its production batches: a folder per agency, each file written once and whole."""

import hashlib
import os
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit


class DropError(Exception):
    """The drop cannot be reached or written."""


class DropConflict(DropError):
    """Another file already lies under that name: a batch is never replaced."""


class AgencyDrop(Protocol):
    """Delivers one file to one agency; repeating it changes nothing."""

    def put(self, agency: str, name: str, data: bytes) -> str:
        """Deliver, return where; raises `DropError`."""


class FolderDrop:
    """`<folder>/<agency>/<name>`, made by writing beside and linking: a reader never sees half a file."""

    def __init__(self, folder: Path) -> None:
        """Deliver under `folder`."""
        self.folder = folder

    def put(self, agency: str, name: str, data: bytes) -> str:
        """Write once; the same bytes again are accepted, other bytes are `DropConflict`."""
        path = self.folder / agency / name
        half = path.with_name(f".{name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with half.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(half, path)
            except FileExistsError:
                if hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(data).digest():
                    raise DropConflict(f"{name} lies there already with other content") from None
            finally:
                half.unlink(missing_ok=True)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise DropError(f"the agency drop cannot be written ({error.strerror})") from None
        return str(path)


def drop_from_url(url: str) -> AgencyDrop:
    """file:///folder; raises `ValueError` for anything else."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise ValueError("must start with file://")
    return FolderDrop(Path(unquote(parts.path)))
