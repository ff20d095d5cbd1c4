"""The register of mandates: searched, exported, and each mandate with what may be done about it."""

import re
from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.bootstrap import Services
from pipeline.errors import SeingError
from pipeline.origin import Origin
from pipeline.steps.mandate_life import NAMES, request_amendment, revoke
from pipeline.steps.register import register, register_count, register_csv
from pipeline.web.access import Office, Serving, UserForm, by_user
from pipeline.web.page import PageRoute, go, sentence, show
from pipeline.web.queries.mandate import mandate_page
from pipeline.web.queries.paging import SIZE, paging

router = APIRouter(prefix="/office/mandates", route_class=PageRoute)

_IBAN = re.compile(r"\s*[A-Za-z]{2}\d{2}[ A-Za-z0-9]{11,}")
"""What looks like a whole account: it has no place in an address, the last four characters find it too."""


@router.get("")
def list_page(
    request: Request,
    session: Office,  # noqa: ARG001  # the session is asked for
    services: Serving,
    q: str = "",
    state: str = "",
    page: int = 1,
) -> Response:
    """The register, searched by holder, reference, order, account number or the last four characters of an IBAN."""
    whole = _IBAN.match(q) is not None
    query, state = ("" if whole else q.strip()[:80]), (state if state in NAMES else "")
    shown = paging(page, register_count(services, query, state))
    return show(
        request,
        "office_mandates.html",
        rows=() if whole else register(services, query, state, limit=SIZE, offset=shown.offset),
        paging=shown,
        search=query,
        state=state,
        states=tuple(NAMES),
        whole_account=whole,
    )


@router.get("/registre.csv")
def export(session: Office, services: Serving, q: str = "", state: str = "") -> Response:  # noqa: ARG001  # as above
    """What the search finds, for a spreadsheet."""
    query = "" if _IBAN.match(q) else q
    data = register_csv(register(services, query.strip()[:80], state if state in NAMES else ""))
    headers = {"content-disposition": 'attachment; filename="registre-des-mandats.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{mandate_id}")
def one(request: Request, mandate_id: str, session: Office, services: Serving) -> Response:  # noqa: ARG001  # as above
    """One mandate: orders, instalments and debits, history, and what may be done."""
    return _page(request, services, mandate_id)


@router.post("/{mandate_id}/revoke")
def take_back(request: Request, mandate_id: str, session: Office, services: Serving, form: UserForm) -> Response:
    """No further debit under this mandate."""
    return _act(request, services, mandate_id, revoke, form.text("reason"), by_user(request, session))


@router.post("/{mandate_id}/amend")
def other_account(request: Request, mandate_id: str, session: Office, services: Serving, form: UserForm) -> Response:
    """The next order asks for another account."""
    return _act(request, services, mandate_id, request_amendment, form.text("reason"), by_user(request, session))


def _act(
    request: Request,
    services: Services,
    mandate_id: str,
    step: Callable[[Services, str, str, Origin], None],
    reason: str,
    origin: Origin,
) -> Response:
    umr = mandate_page(services, mandate_id).umr
    try:
        step(services, umr, reason, origin)
    except SeingError as error:
        return _page(request, services, mandate_id, error)
    return go(f"/office/mandates/{mandate_id}")


def _page(request: Request, services: Services, mandate_id: str, error: SeingError | None = None) -> Response:
    return show(
        request,
        "office_mandate.html",
        status=error.status if error else 200,
        page=mandate_page(services, mandate_id),
        refusal=sentence(request, error) if error else "",
    )
