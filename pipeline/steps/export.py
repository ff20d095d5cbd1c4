"""An archived order as one ZIP that a lawyer can open and a program can put back.

`index.html` says in French what is there and whether it verifies; `documents/` holds every document of the signed set;
`manifeste.json`, `verification.json` and `racines.pem` (with `racines-horodatage.pem` where a root is trusted for
time-stamps alone) let anybody check again without us.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline import preservation
from pipeline.bootstrap import Services
from pipeline.errors import ExportUnreadable, NotFound
from pipeline.orders import archived, frozen_of, named
from pipeline.steps.manifest import line, manifest_of, written
from signing.verify import Report, verify
from storage.errors import ArchiveMissing
from storage.models import ArchiveEntry, Order
from templates import dossier

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every entry: a ZIP has no better way to say nothing."""

MANIFEST, VERIFICATION, INDEX = "manifeste.json", "verification.json", "index.html"
ROOTS, STAMP_ROOTS = "racines.pem", "racines-horodatage.pem"

MOST_BYTES = 2_000_000_000
"""What the documents of one export may weigh together when it is put back."""

MOST_DAYS = timedelta(days=60 * 366)
"""How far ahead a date of retention may lie, beyond what the settings allow: nobody undoes a lock."""

KINDS = {"certification": "Cachet du vendeur", "approval": "Signature du client", "document_time_stamp": "Horodatage"}


@dataclass(frozen=True)
class Restored:
    """What `restore` put back: how many documents were stored, and how many were there already."""

    number: str
    stored: int
    present: int


class _Document(BaseModel):
    """One line of a manifest, as far as putting back needs it."""

    model_config = ConfigDict(frozen=True)

    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, le=MOST_BYTES)
    media_type: str = Field(max_length=100)
    retain_until: date


class _OrderPart(BaseModel):
    number: str = Field(max_length=60)


class _Manifest(BaseModel):
    order: _OrderPart
    documents: list[_Document]


def export_order(services: Services, number_or_id: str) -> bytes:
    """The ZIP of a signed order. The same set verified at the same instant gives the same bytes.

    Raises:
        NotFound: no such order, or nothing of it is signed.
        ArchiveCorrupted, ArchiveMissing, ArchiveUnavailable: a document cannot be read as it was stored.
    """
    with services.works(read_only=True) as work:
        order = work.first(Order, number=number_or_id) or work.session.get(Order, number_or_id)
        if order is None or order.sealed_sha256 is None:
            raise NotFound
        entries = work.find(ArchiveEntry, order_id=order.id, area="signed")
        manifest = manifest_of(work, order)
        # As they are now: what a renewed time-stamp keeps verifiable for decades stands behind the first file.
        newest = [preservation.newest(work, order.id, kind) for kind in ("sealed_form", "evidence")]
    ranks = {kind: rank for rank, kind in enumerate(dossier.TITLES)}
    entries.sort(key=lambda each: (ranks.get(each.kind, len(ranks)), each.stored_at, each.sha256))
    names = _names(entries)
    now = services.clock().replace(microsecond=0)
    form, evidence = (archived(services, each.sha256) if each else None for each in newest)
    if form is None:
        raise NotFound
    report = verify(form, trust=services.keys.roots, stamp_trust=services.keys.stamp_roots, evidence=evidence, now=now)
    documents = tuple(
        dossier.Document(
            file=names[each.id],
            kind=each.kind,
            name=each.name,
            sha256=each.sha256,
            size=each.size,
            stored_at=each.stored_at,
            retain_until=each.retain_until,
        )
        for each in entries
    )
    files = {names[each.id]: services.archive.get(each.sha256, area="signed") for each in entries}
    files[MANIFEST] = written(manifest | {"documents": [line(each) | {"file": names[each.id]} for each in entries]})
    files[VERIFICATION] = json.dumps(report.to_dict(), ensure_ascii=False, indent=2).encode()
    files[ROOTS] = _pem(services.keys.roots)
    if services.keys.stamp_roots:
        files[STAMP_ROOTS] = _pem(services.keys.stamp_roots)
    files[INDEX] = dossier.render(_page(services, order, report, documents, now))
    return _zip(files)


def restore(services: Services, data: bytes) -> Restored:
    """Put the documents of an export back into the archive: all of them, each under its hash, never over another one.

    Everything is read and hashed before anything is stored.

    Raises:
        ExportUnreadable: no such ZIP, a document missing, too much, locked for too long, or not what its hash says.
        ArchiveUnavailable: the archive does not answer; the same call again goes on.
    """
    manifest, files = _read(data, services.today() + MOST_DAYS)
    stored = 0
    for document, content in files:
        try:
            services.archive.get(document.sha256, area="signed")
        except ArchiveMissing:
            stored += 1
        until = max(document.retain_until, services.today())
        services.archive.put(content, area="signed", retain_until=until, media_type=document.media_type)
    return Restored(manifest.order.number, stored, len(files) - stored)


def _read(data: bytes, latest: date) -> tuple[_Manifest, list[tuple[_Document, bytes]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if MANIFEST not in sizes or sizes[MANIFEST] > MOST_BYTES // 100:
                raise ExportUnreadable(reason=f"{MANIFEST} manque")
            manifest = _Manifest.model_validate_json(archive.read(MANIFEST))
            if sum(each.size for each in manifest.documents) > MOST_BYTES:
                raise ExportUnreadable(reason="il est trop volumineux")
            if any(each.retain_until > latest for each in manifest.documents):
                raise ExportUnreadable(reason="un document serait verrouillé plus longtemps qu'aucun devoir ne le veut")
            files = []
            for document in manifest.documents:
                if sizes.get(document.file) != document.size:  # looked at first: a ZIP may unfold to any size
                    raise ExportUnreadable(reason="un document manque ou n'a pas sa taille")
                content = archive.read(document.file)
                if hashlib.sha256(content).hexdigest() != document.sha256:
                    raise ExportUnreadable(reason="un document n'a pas son empreinte")
                files.append((document, content))
    except (zipfile.BadZipFile, ValidationError, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise ExportUnreadable(reason="ce n'est pas un export de Seing") from error
    return manifest, files


def _names(entries: list[ArchiveEntry]) -> dict[str, str]:
    """A path in the ZIP for each entry: its own name, numbered where several share it."""
    taken: dict[str, str] = {}
    for entry in entries:
        name = PurePosixPath(entry.name.replace("\\", "/")).name or entry.sha256
        stem, dot, suffix = name.rpartition(".")
        rank, path = 1, f"documents/{name}"
        while path in taken.values():
            rank += 1
            path = f"documents/{stem}-{rank}.{suffix}" if dot else f"documents/{name}-{rank}"
        taken[entry.id] = path
    return taken


def _pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def _page(
    services: Services, order: Order, report: Report, documents: tuple[dossier.Document, ...], now: datetime
) -> dossier.Dossier:
    frozen = frozen_of(services, order)
    return dossier.Dossier(
        act=named(order),
        company=order.company,
        epj=order.epj,
        seller=frozen.seller.legal_name,
        signatory=", ".join(part for part in (order.signatory_name, order.signatory_role) if part),
        signed_at=order.signed_at,
        total_incl_vat=None if order.amends_umr else order.total_incl_vat,
        passed=report.passed,
        indication=str(report.indication),
        sentence=report.sentence,
        verified_at=now,
        signatures=tuple(
            dossier.Signature(
                what=KINDS.get(each.kind, each.field),
                signer=each.signer,
                at=each.time_stamp.at if each.time_stamp else each.claimed_at,
                stamped=each.time_stamp is not None,
                level=str(each.level or ""),
                algorithm=each.algorithm,
                trusted_by=each.trusted_by or "",
                problems=tuple(finding.fr for finding in each.findings),
            )
            for each in report.signatures
        ),
        checks=tuple((check.passed, check.fr) for check in report.evidence.checks) if report.evidence else (),
        story=tuple(report.evidence.story) if report.evidence else (),
        documents=documents,
        stamp_roots=bool(services.keys.stamp_roots),
        specimen=frozen.specimen,
    )


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files, key=lambda each: (each != INDEX, each)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return out.getvalue()
