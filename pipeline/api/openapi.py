"""The description of the API: what FastAPI derives, with the format of proposals and the refusals said in full."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import DecimalSchema

from pipeline.api.problems import MEDIA_TYPE
from pipeline.api.schemas.common import ProblemOut
from pipeline.customer import CustomerChoices
from pipeline.proposal import Proposal

SUMMARY: Final = "From a sales proposal to a signed, sealed, archived order form, for machines."

DESCRIPTION: Final = """
Every call carries `Authorization: Bearer <API key>`, but for the verification of a file. A key acts as its user: a
rep's key sees what the rep sees, an agency's the batches delivered to it, the back office's everything.

**Amounts** are texts with two decimals, **instants** are UTC, **days** are those of Paris.

**Idempotency-Key**: every `POST` that creates or moves takes this header (1 to 200 visible ASCII characters). The same
request under the same key is done once and answered alike for 24 hours (`Idempotency-Replayed: true`); another request
under it is refused with 409 `idempotency.conflict`. A request that was refused leaves its key free.

**Refusals** are `application/problem+json` (RFC 9457): `code` is stable, `detail` is in French or English as
`Accept-Language` asks, `findings` and `problems` name every place at once. `X-Request-Id` is in every answer.
"""

TAGS: Final = [
    {"name": "proposals", "description": "What a rep prepares: filed, checked, mended, validated."},
    {"name": "orders", "description": "From « commander » to the release; documents and trail of each order."},
    {"name": "production", "description": "Batches at the agencies, and the tasks that come back."},
    {"name": "money", "description": "Mandates, the files for the bank, what it sends back, and what came in."},
    {"name": "public", "description": "Without a key: verification of a signed file, description of refusals."},
    {"name": "webhooks", "description": "What providers call."},
]

_MEANINGS: Final = {
    400: "The request cannot be read.",
    401: "No valid API key.",
    403: "Known, and not allowed.",
    404: "Nothing under that id for this key.",
    409: "Refused as things stand now.",
    413: "The body is too large.",
    422: "The request or the file cannot be read: every place is named.",
    429: "Too often; see Retry-After.",
    503: "For the moment unavailable; see Retry-After.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in sorted(statuses)}


def binary(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """The answer of a route that gives a file."""
    return {
        200: {"description": description, "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}
    }


def body_of(schema: str, example: Any) -> dict[str, Any]:
    """The body of a route that reads its bytes itself."""
    reference = {"$ref": f"#/components/schemas/{schema}"}
    content = {"application/json": {"schema": reference, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


XML_FILE: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/xml": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""The body of a route that takes an XML file as it is."""

IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "Makes a repetition harmless.",
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}


def operation_id(route: APIRoute) -> str:
    """A short name for generated clients: `orders_get`."""
    return f"{route.tags[0] if route.tags else 'other'}_{route.name}"


@cache
def proposal_example() -> Any:
    """A proposal as the ordering system writes it."""
    return json.loads((files("pipeline.samples") / "au-nom-de-la-rose.json").read_text("utf-8"))


CHOICES_EXAMPLE: Final = {
    "email": "contact@rose.example",
    "mobile": "06 12 34 56 78",
    "first_name": "Hélène",
    "last_name": "Garnier",
    "role": "Gérante",
    "invoice_delivery": "electronic",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "account_holder": "AU NOM DE LA ROSE LYON SARL",
    "employees": 9,
    "outside_main_activity": True,
    "early_start": False,
    "place": "Lyon",
}


class _AsWritten(GenerateJsonSchema):
    """Decimals as files write them: text, since a JSON number would be read as a float somewhere on its way."""

    def decimal_schema(self, schema: DecimalSchema) -> dict[str, Any]:  # noqa: ARG002  # pydantic's signature
        """A decimal between quotes."""
        return {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["12.50"]}


def describe(app: FastAPI) -> None:
    """Let the application describe itself so."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the description


def _build(app: FastAPI) -> dict[str, Any]:
    tree = get_openapi(
        title=app.title, version=app.version, summary=SUMMARY, description=DESCRIPTION, routes=app.routes, tags=TAGS
    )
    schemas = tree["components"]["schemas"]
    for model, name in ((ProblemOut, "ProblemOut"), (Proposal, "ProposalFile"), (CustomerChoices, "CustomerChoices")):
        prefix = "" if model is ProblemOut else f"{name}."
        schema = model.model_json_schema(
            ref_template=f"#/components/schemas/{prefix}{{model}}", schema_generator=_AsWritten
        )
        parts = schema.pop("$defs", {})
        schemas |= {f"{prefix}{part}": value for part, value in parts.items()} | {name: schema}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, methods in tree["paths"].items():
        for operation in methods.values():  # the framework's own refusal, which is never given
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
        post = methods.get("post")
        if post and "ApiKey" in json.dumps(post.get("security", [])) and not path.endswith("/check"):
            post.setdefault("parameters", []).append(IDEMPOTENCY)
    return tree
