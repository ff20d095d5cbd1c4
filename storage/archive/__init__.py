"""Finished files under their SHA-256: in a folder, or in S3 with Object Lock. `archive_from_url` picks one."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from storage.archive.base import Archive, Area, Held
from storage.archive.folder import FolderArchive
from storage.archive.s3 import S3Archive

__all__ = ["Archive", "Area", "FolderArchive", "Held", "S3Archive", "archive_from_url"]


def archive_from_url(url: str) -> Archive:
    """The archive at `file:///folder` or `s3://bucket/prefix?endpoint=...&region=...&drafts=other-bucket`.

    Credentials are never in the address: boto3 finds them (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a
    role). Nothing connects yet.

    Raises:
        ValueError: another scheme, no bucket, a relative folder, or a parameter that means nothing here.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/") or parts.query:
            raise ValueError("a folder is written file:///folder")
        return FolderArchive(Path(unquote(parts.path)))
    if parts.scheme != "s3":
        raise ValueError("an archive is file:///folder or s3://bucket")
    options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    unknown = options.keys() - {"endpoint", "region", "drafts"}
    if unknown or not parts.hostname or parts.username:
        raise ValueError("an S3 archive is s3://bucket/prefix?endpoint=...&region=...&drafts=...")
    prefix = parts.path.strip("/")
    return S3Archive(
        parts.netloc,
        prefix=f"{prefix}/" if prefix else "",
        drafts_bucket=options.get("drafts"),
        endpoint_url=options.get("endpoint"),
        region=options.get("region"),
    )
