"""The customer's pages: reading, agreeing, the code, signed. The server alone knows where the ceremony stands.

Every page asks first, so that a reload, a second tab or the back button shows what is true now.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from time import monotonic, sleep
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from pipeline import users
from pipeline.bootstrap import Services
from pipeline.errors import (
    CeremonyClosed,
    CodeExpired,
    CodeWrong,
    ConsentMissing,
    NotFound,
    OutOfDate,
    ReasonMissing,
    SeingError,
    SendRefused,
    SmsRefused,
    VoiceNotAllowed,
)
from pipeline.pages import page_count, page_image
from pipeline.steps import ceremony as steps
from pipeline.steps.ceremony import CeremonyView
from pipeline.web.access import (
    CEREMONY,
    CeremonyToken,
    CustomerForm,
    MaybeSession,
    Serving,
    UserForm,
    origin_of,
    session_token,
)
from pipeline.web.page import GoTo, PageRoute, go, language_of, sentence, show, show_if_new, web_of
from pipeline.web.queries.customer import Part, copy_sent, may_renounce, parts_of
from templates.french import formats

router = APIRouter(route_class=PageRoute)

WIDTH, LARGE_WIDTH = 1000, 1600
"""Pixels across a page as shown (the image whose hash is recorded), and enlarged."""

REFUSAL_SECONDS = 0.2
"""A code that is not accepted is answered no sooner: how long it took says nothing of why."""

SEALED_SOON = timedelta(seconds=10)
"""After a signature the page asks four times a second; from then on every other second."""

COOKIE_SECONDS = 30 * 24 * 3600
"""As long as a link lives."""


@router.get("/s/{token}")
def follow_link(request: Request, token: str, services: Serving) -> Response:
    """The first hop: the token goes into a cookie and out of the address.

    Whoever holds the link may have followed it, a scanner of his mail too: the journal does not say the customer did.
    """
    steps.find(services, token, origin_of(request, "link"))
    answer = go("/c")
    web_of(request).cookies.write(answer, CEREMONY, token, COOKIE_SECONDS)
    return answer


@router.get("/nolink")
def no_link(request: Request, session: MaybeSession) -> Response:
    """For a browser without a link; in customer mode, the way back to the rep."""
    if session is not None and session.customer_mode_order_id:
        raise GoTo("/c/handback")
    return show(request, "nolink.html", calm=True, status=404)


def current(request: Request, token: CeremonyToken, services: Serving) -> CeremonyView:
    """The ceremony of this browser. Raises `CeremonyClosed`, `NotFound`."""
    found = users.session(services, session_token(request)) if session_token(request) else None
    request.state.handed = bool(found and found.customer_mode_order_id)
    try:
        return steps.find(services, token)
    except NotFound:
        raise GoTo("/nolink") from None


Current = Annotated[CeremonyView, Depends(current)]


@dataclass(frozen=True)
class Coming:
    """What happens next, and when."""

    key: str
    day: date | None
    values: dict[str, str]


def _place(view: CeremonyView, *, code_too: bool = True) -> str:
    """Where the customer stands, whatever address he asked for."""
    if view.state == "signed":
        return "/c/signed"
    if view.state == "open" and code_too and view.code is not None:
        return "/c/code"
    return "/c" if view.state == "open" else "/c/over"


@router.get("/c")
def reading(request: Request, view: Current, services: Serving) -> Response:
    """The few facts, the document, the boxes."""
    if _place(view) != "/c":
        raise GoTo(_place(view))
    return _reading(request, services, view)


@router.get("/c/document")
def read_again(request: Request, view: Current, services: Serving) -> Response:
    """The document once more while a code is waiting."""
    if _place(view, code_too=False) != "/c":
        raise GoTo(_place(view))
    return _reading(request, services, view)


@router.get("/c/over")
def over(request: Request, view: Current) -> Response:
    """The end of a ceremony that was not signed."""
    if view.state in {"open", "signed"}:
        raise GoTo(_place(view))
    return _show(request, view, "over.html", why=view.state, status=200 if view.state == "declined" else 410)


@router.get("/c/pages/{page}.png")
def page_picture(page: int, view: Current, services: Serving, large: bool = False) -> Response:
    """One page of the form."""
    image = page_image(services, view.form_sha256, page, LARGE_WIDTH if large else WIDTH)
    return Response(image.png, media_type="image/png")


@router.post("/c/pages/{page}")
def page_seen(request: Request, page: int, view: Current, services: Serving, form: CustomerForm) -> Response:  # noqa: ARG001  # the form carries the token
    """A page has been on the screen."""
    if view.state == "open":
        digest = page_image(services, view.form_sha256, page, WIDTH).sha256
        steps.record_page(services, view.ceremony_id, page, digest, origin_of(request, "customer"))
    return Response(status_code=204)


@router.get("/c/bon-de-commande.pdf")
def form_pdf(view: Current, services: Serving, save: bool = False) -> Response:
    """The form, sealed as soon as it is."""
    sealed = view.sealed_sha256
    data = services.archive.get(sealed or view.form_sha256, area="signed" if sealed else "drafts")
    where = "attachment" if save else "inline"
    headers = {"content-disposition": f'{where}; filename="{view.file_name}-{view.number}.pdf"'}
    return Response(data, media_type="application/pdf", headers=headers)


@router.get("/c/code")
def code_page(request: Request, view: Current, services: Serving) -> Response:
    """Where the code is typed."""
    if _place(view) != "/c/code":
        raise GoTo(_place(view))
    return _code(request, services, view)


@router.get("/c/code/state")
def delivery(request: Request, view: Current) -> Response:
    """Whether the code has arrived, as far as the provider knows."""
    if _place(view) != "/c/code":
        raise GoTo(_place(view))
    return show_if_new(request, "_delivery.html", view=view, polling=_polls(view))


@router.post("/c/code/other")
def send_by_other(request: Request, view: Current, services: Serving, form: CustomerForm) -> Response:  # noqa: ARG001  # the form carries the token
    """The waiting page asks: nothing is reported of the message, may another provider send a new code?"""
    if _place(view) != "/c/code":
        raise GoTo(_place(view))
    with suppress(CeremonyClosed, OutOfDate, SendRefused, SmsRefused):
        steps.send_by_other(services, view.ceremony_id, origin_of(request, "customer"))
    fresh = steps.view(services, view.ceremony_id)
    if fresh.code is None or fresh.code.overdue:  # nothing could be sent: what is on the page stays, and asks no more
        return Response(status_code=204)
    return show_if_new(request, "_delivery.html", view=fresh, polling=_polls(fresh))


@router.post("/c/code")
def send_code(request: Request, view: Current, services: Serving, form: CustomerForm) -> Response:
    """Send a code to the signatory's mobile, or call it where the rep has allowed that."""
    if view.state != "open":
        return go(_place(view))
    ticked, called = form.texts("consent"), form.text("channel") == "voice"
    try:
        origin = origin_of(request, "customer")
        steps.send_code(services, view.ceremony_id, ticked, origin, "voice" if called else "sms")
    except CeremonyClosed:
        return go("/c/over")
    except VoiceNotAllowed as error:
        return _code(request, services, view, notice=error) if view.code else _reading(request, services, view, error)
    except (ConsentMissing, SmsRefused, SendRefused) as error:
        if isinstance(error, SendRefused) and view.code is not None and view.code.live:
            return _code(request, services, view, notice=error)  # a second tap: the code is on its way already
        return _reading(request, services, view, error, ticked)
    return go("/c/code")


@router.get("/c/signed")
def signed_page(request: Request, view: Current, services: Serving) -> Response:
    """Signed: the number, the copy, what happens next and when."""
    if view.state != "signed":
        raise GoTo(_place(view))
    return _show(
        request,
        view,
        "signed.html",
        next=_coming(view, formats(language_of(request)).money),
        copied=copy_sent(services, view.order_id),
        patient=_patient(services, view),
        may_renounce=may_renounce(services, view.order_id),
    )


@router.get("/c/signed/state")
def copy_state(request: Request, view: Current, services: Serving) -> Response:
    """Whether the sealed copy is there."""
    if view.state != "signed":
        raise GoTo(_place(view))
    copied = copy_sent(services, view.order_id)
    return show_if_new(request, "_copy.html", view=view, copied=copied, patient=_patient(services, view))


@router.post("/c/signed")
def sign(request: Request, view: Current, services: Serving, form: CustomerForm) -> Response:
    """The code, typed. A locked ceremony is answered as a wrong code is."""
    began = monotonic()
    if view.state not in {"open", "signed"}:
        return go(_place(view))
    try:
        code = "".join(form.text("code").split())
        steps.sign(services, view.ceremony_id, code, form.texts("consent"), origin_of(request, "customer"))
    except CeremonyClosed:
        return go("/c/over")
    except (CodeWrong, CodeExpired) as error:
        sleep(max(0.0, began + REFUSAL_SECONDS - monotonic()))
        fresh = steps.view(services, view.ceremony_id)
        return _code(request, services, fresh, error) if fresh.code else go("/c")
    except ConsentMissing as error:
        return _reading(request, services, view, error, ())
    return go("/c/signed")


@router.get("/c/refuse")
def refuse_page(request: Request, view: Current) -> Response:
    """The question before a refusal."""
    if view.state != "open":
        raise GoTo(_place(view))
    return _show(request, view, "refusing.html", refusal="")


@router.post("/c/refuse")
def refuse(request: Request, view: Current, services: Serving, form: CustomerForm) -> Response:
    """Refuse, in words that the rep reads."""
    if view.state == "open":
        try:
            steps.decline(services, view.ceremony_id, form.text("reason"), origin_of(request, "customer"))
        except ReasonMissing as error:
            return _show(request, view, "refusing.html", refusal=sentence(request, error), status=error.status)
    return go("/c/over" if view.state != "signed" else "/c/signed")


@router.get("/c/handback")
def hand_back_page(request: Request, session: MaybeSession) -> Response:
    """The rep's PIN, asked on the customer's screen."""
    if session is None or not session.customer_mode_order_id:
        raise GoTo("/")
    return show(request, "handback.html", calm=True, wrong=False)


@router.post("/c/handback")
def hand_back(request: Request, session: MaybeSession, services: Serving, form: UserForm) -> Response:
    """End customer mode, on to the order."""
    if session is None or not session.customer_mode_order_id:
        return go("/")
    if not users.leave_customer_mode(services, session_token(request), form.text("pin")):
        return show(request, "handback.html", calm=True, wrong=True, status=403)
    answer = go(f"/orders/{session.customer_mode_order_id}")
    web_of(request).cookies.forget(answer, CEREMONY)
    return answer


def _reading(
    request: Request,
    services: Services,
    view: CeremonyView,
    error: SeingError | None = None,
    ticked: Sequence[str] = (),
) -> Response:
    parts: tuple[Part, ...] = parts_of(services, view.order_id)
    return _show(
        request,
        view,
        "reading.html",
        status=error.status if error else 200,
        parts=parts,
        page_count=page_count(services, view.form_sha256),
        refusal=sentence(request, error) if error else "",
        ticked=ticked,
        code_open=view.code is not None,
    )


def _code(
    request: Request,
    services: Services,
    view: CeremonyView,
    error: SeingError | None = None,
    notice: SeingError | None = None,
) -> Response:
    assert view.code is not None  # noqa: S101  # the caller has looked
    wait = max(0, int((view.code.resend_at - services.clock()) / timedelta(seconds=1)) + 1)
    return _show(
        request,
        view,
        "code.html",
        status=error.status if error else notice.status if notice else 200,
        refusal=sentence(request, error) if error else "",
        notice=sentence(request, notice) if notice else "",
        wait=wait if view.code.resend_at > services.clock() else 0,
        polling=_polls(view),
    )


def _patient(services: Services, view: CeremonyView) -> bool:
    """Whether the page asks seldom: the sealed file is there, or its seal takes longer than usual."""
    late = view.signed_at is None or services.clock() - view.signed_at > SEALED_SOON
    return view.sealed_sha256 is not None or late


def _polls(view: CeremonyView) -> bool:
    return view.code is not None and view.code.live


def _show(request: Request, view: CeremonyView, template: str, *, status: int = 200, **values: Any) -> Response:
    handed = getattr(request.state, "handed", False)
    return show(request, template, status=status, calm=True, view=view, handed=handed, seen="", **values)


def _coming(view: CeremonyView, money: Callable[[Decimal], str]) -> tuple[Coming, ...]:
    if view.amendment:
        days = [day for _, day, _ in view.amendment.debits if day]
        first = [Coming("account_first", min(days), {})] if days else []
        return (Coming("account", None, {"last4": view.amendment.iban_masked.replace(" ", "")[-4:]}), *first)
    coming: list[Coming] = []
    right = view.withdrawal
    if right and not right.early_start:
        coming.append(Coming("held", right.hold_until, {}))
    else:
        coming.append(Coming("production", None, {}))
    if right:
        coming.append(Coming("withdrawal", right.until, {}))
    if view.instalments and view.payment_method == "sepa_direct_debit" and view.total_incl_vat > 0:
        due_on, amount = view.instalments[0]
        coming.append(Coming("debit", due_on, {"amount": money(amount)}))
        if len(view.instalments) > 1:
            last_on, last = view.instalments[-1]
            coming.append(Coming("last_debit", last_on, {"amount": money(last)}))
    return tuple(sorted(coming, key=lambda item: item.day or date.min))
