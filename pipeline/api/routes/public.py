"""What needs no key: the verdict on a signed file, and what each refusal means."""

from typing import Annotated, Any

from fastapi import APIRouter, File
from starlette.requests import Request

from pipeline.api.access import Serving
from pipeline.api.errors import catalogue, title
from pipeline.api.openapi import refusals
from pipeline.api.route import ApiRoute
from pipeline.api.schemas.common import Out
from pipeline.errors import NotFound
from pipeline.verdicts import public_verdict


class VerificationRoute(ApiRoute):
    """A route that takes a signed file with its evidence, and keeps nothing of them."""

    limit = 20_000_000
    keyed = False


router = APIRouter(prefix="/api/v1", route_class=VerificationRoute, tags=["public"])


class KindOut(Out):
    """One kind of refusal."""

    code: str
    status: int
    title: str


@router.post("/verify", responses=refusals(400, 413, 422, 429, 503), summary="Verify a signed file")
def judge(
    request: Request,
    services: Serving,
    file: Annotated[bytes, File(description="The signed PDF.")],
    evidence: Annotated[bytes, File(description="Its evidence file, PDF or JSON.")] = b"",
) -> dict[str, Any]:
    """Every signature, time-stamp, change after signing and, with its evidence, the whole story; nothing is kept.

    `passed` says it in one word, `level` how strong the weakest signature is. At most 20 files in 10 minutes and 200 in
    24 hours from one address.
    """
    ip = request.client.host if request.client else None
    return public_verdict(services, file, evidence or None, ip).to_dict()


@router.get("/problems/{code}", responses=refusals(404), summary="Describe a refusal")
def kind(code: str) -> KindOut:
    """What a refusal's `type` means."""
    found = catalogue().get(code)
    if found is None:
        raise NotFound
    return KindOut(code=code, status=found.status, title=title(found))
