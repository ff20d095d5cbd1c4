"""What the machine door refuses by itself, before a step is asked; and every refusal's sentence in two languages."""

from collections.abc import Sequence
from typing import Final

from pipeline.errors import SENTENCES, Language, SeingError, describe
from pipeline.proposal import Problem
from pipeline.rules.finding import Finding


class KeyRefused(SeingError):
    """No API key came with the request, or it is unknown or revoked."""

    code = "api.key_refused"
    status = 401


class RequestInvalid(SeingError):
    """The request does not fit the schema; `problems` name each place, never the value."""

    code = "request.invalid"
    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems, each with path and sentence."""
        super().__init__(count=len(problems))
        self.problems = tuple(problems)


class ChoicesUnreadable(SeingError):
    """What the customer entered cannot be read; `findings` name each field, as on the screen."""

    code = "customer.unreadable"
    status = 422

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep the findings."""
        super().__init__(count=len(findings))
        self.findings = tuple(findings)


class TooLarge(SeingError):
    """The body is larger than this address takes."""

    code = "request.too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        """Keep the limit, in bytes."""
        super().__init__(limit=limit)


class MethodRefused(SeingError):
    """The address exists and does not take this method."""

    code = "request.method_not_allowed"
    status = 405

    def __init__(self, allowed: Sequence[str]) -> None:
        """Keep the methods that it takes."""
        super().__init__(allowed=", ".join(allowed))


class BadRequest(SeingError):
    """The request cannot be read as HTTP."""

    code = "request.unreadable"
    status = 400


class KeyMalformed(SeingError):
    """The Idempotency-Key is not 1 to 200 visible ASCII characters."""

    code = "idempotency.key_invalid"
    status = 422


class InProgress(SeingError):
    """A request with the same Idempotency-Key is still running."""

    code = "idempotency.in_progress"
    status = 409

    def __init__(self, wait_seconds: int) -> None:
        """Keep after how many seconds asking again makes sense."""
        super().__init__(wait_seconds=wait_seconds)
        self.wait_seconds = wait_seconds


class Unavailable(SeingError):
    """The database or the archive does not answer just now; nothing is half-done."""

    code = "service.unavailable"
    status = 503


class Unexpected(SeingError):
    """Something failed that should not; the log knows it by the request's id."""

    code = "server.error"
    status = 500


_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "api.key_refused": (
        "La clé d'API est absente, inconnue ou révoquée.",
        "The API key is missing, unknown or revoked.",
    ),
    "request.invalid": (
        "La requête comporte {count} erreur(s).",
        "The request has {count} error(s).",
    ),
    "customer.unreadable": (
        "{count} champ(s) ne peuvent pas être lus.",
        "{count} field(s) cannot be read.",
    ),
    "request.too_large": (
        "Le corps de la requête dépasse {limit} octets.",
        "The body of the request is larger than {limit} bytes.",
    ),
    "request.method_not_allowed": (
        "Cette adresse accepte seulement : {allowed}.",
        "This address takes only: {allowed}.",
    ),
    "request.unreadable": ("La requête ne peut pas être lue.", "The request cannot be read."),
    "idempotency.key_invalid": (
        "La clé d'idempotence doit compter de 1 à 200 caractères ASCII visibles.",
        "The idempotency key must have 1 to 200 visible ASCII characters.",
    ),
    "idempotency.in_progress": (
        "La même demande est en cours : réessayez dans {wait_seconds} secondes.",
        "The same request is still running: try again in {wait_seconds} seconds.",
    ),
    "service.unavailable": (
        "La base de données ou l'archive ne répond pas. Rien n'est perdu : renvoyez la même requête dans un instant.",
        "The database or the archive does not answer. Nothing is lost: send the same request again shortly.",
    ),
    "server.error": (
        "Une erreur inattendue s'est produite. Indiquez l'identifiant de la requête au support.",
        "Something unexpected happened. Give the id of the request to the support.",
    ),
}


def sentence(error: SeingError, language: Language) -> str:
    """What a refusal says, in French or English."""
    if error.code in SENTENCES:
        return describe(error, language)
    french, english = _SENTENCES[error.code]
    return (french if language == "fr" else english).format(**error.params)


def catalogue() -> dict[str, type[SeingError]]:
    """Every refusal by its code: those of the steps and those of this door."""
    found: dict[str, type[SeingError]] = {}
    waiting: list[type[SeingError]] = [SeingError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.code in SENTENCES or kind.code in _SENTENCES:
            found.setdefault(kind.code, kind)
    return dict(sorted(found.items()))


def title(kind: type[SeingError]) -> str:
    """What a kind of refusal is, in one English sentence: the first line of its description."""
    return (kind.__doc__ or kind.code).strip().splitlines()[0].replace("`", "")
