"""Which PAdES level each signature has reached (ETSI EN 319 142-1, 6.3), judged from what the file itself holds."""

from typing import Any

from signing.verify.report import SignatureReport
from signing.verify.signatures import Judged, Scene, baseline, stamp_of, with_level
from signing.verify.trust import Trust


async def reports_with_levels(scene: Scene, anchors: Trust, judged: list[Judged]) -> list[SignatureReport]:
    """The reports in order, each with its level; document time-stamps and other formats have none.

    Args:
        scene: of the file.
        anchors: trust without any revocation data, to which only what the file holds is added.
        judged: all signatures of the file, oldest first.
    """
    reports = []
    for index, one in enumerate(judged):
        if one.report.kind == "document_time_stamp" or not baseline(one.signature):
            reports.append(one.report)
            continue
        later = [
            other
            for other in judged[index + 1 :]
            if other.report.kind == "document_time_stamp" and not other.report.findings
        ]
        reports.append(with_level(one, await _level(scene, anchors, one, later)))
    return reports


async def _level(scene: Scene, anchors: Trust, one: Judged, later: list[Judged]) -> str:
    """B-B to B-LTA for one signature; `later` are the valid document time-stamps after it."""
    if stamp_of(one.report) is None and not later:
        return "B-B"
    if not await _long_term(anchors, scene.reader, one, later):
        return "B-T"
    for stamp in later:
        revision = scene.reader.get_historical_resolver(stamp.signature.signed_revision)
        if await _long_term(anchors, revision, one, []):
            return "B-LTA"
    return "B-LT"


async def _long_term(anchors: Trust, handler: Any, one: Judged, later: list[Judged]) -> bool:
    """Whether the DSS seen by `handler` has the revocation data for the signer and for the time-stamp used."""
    if "/DSS" not in handler.root:
        return False
    trust = anchors.with_dss(handler)
    moment = one.report.validated_at
    if not await trust.revocation_known(one.signature.signer_cert, one.certificates, moment):
        return False
    if stamp_of(one.report) is not None:
        return await _stamp_known(trust, one.stamp_certificates, moment)
    return all([await _stamp_known(trust, stamp.certificates, moment) for stamp in later[:1]])


async def _stamp_known(trust: Trust, certificates: tuple[Any, ...], moment: Any) -> bool:
    """Whether revocation data cover the time-stamping unit, which is the end of the token's certificates."""
    issuers = {certificate.issuer.hashable for certificate in certificates}
    units = [certificate for certificate in certificates if certificate.subject.hashable not in issuers]
    return bool(units) and await trust.for_stamps().revocation_known(units[0], certificates, moment)
