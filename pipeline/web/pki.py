"""Revocation lists, where the certificates that we issue say that they are (RFC 5280, 4.2.1.13), for everybody."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from signing import pki
from signing.errors import KeyUnavailable

MEDIA_TYPE = "application/pkix-crl"

router = APIRouter(prefix="/pki")


@router.get("/issuer.crl")
async def issuer_list(request: Request) -> Response:
    """Of the authority that issues the customers' certificates; made afresh every hour, and when it takes one back."""
    services: Services = request.app.state.services
    try:
        crl = await run_in_threadpool(lambda: services.revocation.own(services.keys.authority))
    except KeyUnavailable:
        raise HTTPException(503) from None
    return _list(crl)


@router.get("/root.crl")
def root_list(request: Request) -> Response:
    """Of the root, as it was given to us: its key is elsewhere."""
    services: Services = request.app.state.services
    path = services.settings.keys_dir / pki.ROOT_CRL
    if not path.exists():
        raise HTTPException(404)
    return _list(path.read_bytes())


def _list(crl: bytes) -> Response:
    return Response(crl, media_type=MEDIA_TYPE, headers={"Cache-Control": "public, max-age=600"})
