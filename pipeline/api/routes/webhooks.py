"""What providers tell us. They are believed by their signature alone."""

import logging
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from pipeline.api.access import Serving
from pipeline.api.openapi import refusals
from pipeline.api.route import ReadingRoute
from pipeline.bootstrap import Services
from pipeline.channels.sms import gateways
from pipeline.channels.sms_http import HttpSms
from pipeline.channels.sms_reports import is_authentic, read_reports
from pipeline.errors import Forbidden
from pipeline.origin import Origin
from pipeline.steps.ceremony import delivery_report

log = logging.getLogger("seing.api")

router = APIRouter(prefix="/webhooks", route_class=ReadingRoute, tags=["webhooks"])


@router.post(
    "/twilio/sms",
    status_code=204,
    response_class=Response,
    responses=refusals(403),
    summary="A delivery report of Twilio",
)
async def twilio_sms(request: Request, services: Serving) -> Response:
    """How far a text message came. Reports come late, twice and out of order: the status only moves forward.

    `X-Twilio-Signature` is checked over the public address; a message that we do not know is answered alike.
    """
    message, status, origin = await _believed(request, services, "Message", "Sms")
    if message and status:
        await run_in_threadpool(delivery_report, services, "twilio", message, status, origin)
    return Response(status_code=204)


@router.post(
    "/twilio/voice",
    status_code=204,
    response_class=Response,
    responses=refusals(403),
    summary="What became of a call",
)
async def twilio_voice(request: Request, services: Serving) -> Response:
    """How far a call that says a code came; checked and answered as a delivery report."""
    call, status, origin = await _believed(request, services, "Call")
    if call and status:
        await run_in_threadpool(delivery_report, services, "twilio", call, status, origin)
    return Response(status_code=204)


_REPORT: Any = {"status_code": 204, "response_class": Response, "responses": refusals(403)}


@router.get(
    "/sms/{provider}",
    **_REPORT,
    operation_id="webhooks_http_sms_in_address",
    summary="A delivery report, in the address",
)
@router.post("/sms/{provider}", **_REPORT, summary="Delivery reports of a provider that a template describes")
async def http_sms(provider: str, request: Request, services: Serving) -> Response:
    """How far text messages came, as `SEING_SMS_TEMPLATE` says where; `provider` is the host of its address.

    Believed by an HMAC-SHA256 over the body (over the query where reports come by GET); what we do not know is answered
    alike.
    """
    known = (each for each in gateways(services.sms) if isinstance(each, HttpSms) and each.name == provider)
    sender = next((each for each in known if each.reports), None)
    body = await request.body()
    if sender is None or (template := sender.template.report) is None:
        raise Forbidden
    said = request.url.query.encode() if template.format == "query" else body
    if not is_authentic(template, sender.secret, request.headers.get(template.header, ""), said):
        log.warning("sms.signature_refused", extra={"request_id": request.state.request_id})
        raise Forbidden
    origin = Origin(f"provider:{sender.name}", request.client.host if request.client else None)
    for message, status in read_reports(template, said):
        await run_in_threadpool(delivery_report, services, sender.name, message, status, origin)
    return Response(status_code=204)


async def _believed(request: Request, services: Services, *kinds: str) -> tuple[str, str, Origin]:
    """The id and the status of a report that Twilio has signed; raises `Forbidden` for any other."""
    settings = services.settings
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"{settings.public_url}{request.url.path}{query}"
    signature = request.headers.get("x-twilio-signature", "")
    if settings.twilio_auth_token is None:
        raise Forbidden
    form = await request.form(max_files=0, max_fields=100)
    validator = RequestValidator(settings.twilio_auth_token.get_secret_value())
    if not signature or not validator.validate(address, form, signature):
        log.warning("twilio.signature_refused", extra={"request_id": request.state.request_id})
        raise Forbidden
    origin = Origin("provider:twilio", request.client.host if request.client else None)
    sid = next((value for kind in kinds if isinstance(value := form.get(f"{kind}Sid"), str)), "")
    status = next((value for kind in kinds if isinstance(value := form.get(f"{kind}Status"), str)), "")
    return sid, status, origin
