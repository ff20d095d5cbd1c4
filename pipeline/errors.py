"""One tree of refusals. Facts are attributes; `code` is for programs, never reworded; sentences are in `SENTENCES`."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from templates.french import formats


class SeingError(Exception):
    """Base of everything that `pipeline` raises on purpose.

    `params` fills the sentence; it never holds an IBAN, a mobile number, a code or a token.
    """

    code: ClassVar[str] = "seing.error"
    status: ClassVar[int] = 400

    def __init__(self, **params: Any) -> None:
        """Keep the facts; the message is the code, so that no log can hold more than it should."""
        super().__init__(self.code)
        self.params = params


class NotFound(SeingError):
    """Nothing under that id, or nothing that the caller may see."""

    code = "not_found"
    status = 404


class Forbidden(SeingError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403


class Unreadable(SeingError):
    """A proposal file that cannot be read; `problems` name each place."""

    code = "proposal.unreadable"
    status = 422

    def __init__(self, problems: Sequence[Any]) -> None:
        """Keep the problems, each with `path` and `message`."""
        super().__init__(count=len(problems))
        self.problems = tuple(problems)


class DuplicateReference(SeingError):
    """Another proposal already carries this reference."""

    code = "proposal.duplicate_reference"
    status = 409


class Blocked(SeingError):
    """Findings stop this act; `findings` say which and why."""

    code = "proposal.blocked"
    status = 409

    def __init__(self, findings: Sequence[Any]) -> None:
        """Keep the blocking findings."""
        super().__init__(count=len(findings))
        self.findings = tuple(findings)


class WrongState(SeingError):
    """The move is not in the table of `pipeline.flow` for the state at hand."""

    code = "state.not_allowed"
    status = 409


class Held(SeingError):
    """The order waits for the end of the customer's right of withdrawal."""

    code = "order.held"
    status = 409


class SheetRequired(SeingError):
    """A call-tracking sheet is missing: the order cannot be released."""

    code = "line.sheet_required"
    status = 409


class CeremonyClosed(SeingError):
    """The link, or the ceremony, is over (signed elsewhere, declined, expired or replaced)."""

    code = "ceremony.closed"
    status = 410


class CopySent(SeingError):
    """The link of a signed order has served its time; `date` is the day on which the customer's copy left."""

    code = "ceremony.copy_sent"
    status = 410


class CeremonyLocked(SeingError):
    """Five wrong codes: only the rep can start a new ceremony. Said to him, never to whoever holds the link."""

    code = "ceremony.locked"
    status = 423


class CeremonyExhausted(SeingError):
    """Opened too often, or mistyped too often over all its ceremonies: another order has to be drawn up."""

    code = "ceremony.exhausted"
    status = 409


class VoiceNotAllowed(SeingError):
    """No voice call unless the rep has allowed it for this ceremony, and the installation can call."""

    code = "code.voice_not_allowed"
    status = 409


class OutOfDate(SeingError):
    """Signed today, the first debit would come too early: the form must be drawn up again with later dates."""

    code = "order.out_of_date"
    status = 409


class ConsentMissing(SeingError):
    """A required box is not ticked."""

    code = "ceremony.consent_missing"
    status = 409


class ReasonMissing(SeingError):
    """The act needs a reason in words."""

    code = "reason.missing"
    status = 422


class CodeWrong(SeingError):
    """The code typed is not the one sent."""

    code = "code.wrong"
    status = 409


class CodeExpired(SeingError):
    """The code was typed after its validity, or none is alive."""

    code = "code.expired"
    status = 410


class SendRefused(SeingError):
    """Too many codes, or too soon; `wait_seconds` says how long."""

    code = "code.send_refused"
    status = 429

    def __init__(self, wait_seconds: int, reason: str) -> None:
        """Keep how long to wait, in seconds, and which limit applied."""
        super().__init__(wait_seconds=wait_seconds, reason=reason)
        self.wait_seconds = wait_seconds
        self.reason = reason


class SmsRefused(SeingError):
    """No provider took the message."""

    code = "sms.refused"
    status = 502


class BankAnswerUnreadable(SeingError):
    """A file that is no answer of a bank that we know; `reason` says what is wrong, without its values."""

    code = "bank_answer.unreadable"
    status = 422


class ArchiveDamaged(SeingError):
    """Documents did not come back from the archive as they were stored; `count` says how many."""

    code = "archive.damaged"
    status = 500


class ExportUnreadable(SeingError):
    """A file that is no export of an archived order, or not a whole one; nothing of it was restored."""

    code = "export.unreadable"
    status = 422


class ScanUnreadable(SeingError):
    """A scanned paper that is no PDF, or too large; nothing of it was kept."""

    code = "scan.unreadable"
    status = 422


class IdempotencyConflict(SeingError):
    """The same Idempotency-Key came with another request."""

    code = "idempotency.conflict"
    status = 409


class LoginTooOften(SeingError):
    """Too many logins failed from one address; `wait_seconds` says how long to wait."""

    code = "login.too_often"
    status = 429

    def __init__(self, wait_seconds: int) -> None:
        """Keep how long to wait, in seconds."""
        super().__init__(wait_seconds=wait_seconds)
        self.wait_seconds = wait_seconds


class VerificationTooOften(SeingError):
    """Too many files were verified from one address; `wait_seconds` says how long to wait."""

    code = "verification.too_often"
    status = 429

    def __init__(self, wait_seconds: int) -> None:
        """Keep how long to wait, in seconds."""
        super().__init__(wait_seconds=wait_seconds)
        self.wait_seconds = wait_seconds


class VerificationBusy(SeingError):
    """Too many files are being verified at this moment; `wait_seconds` says when to try again."""

    code = "verification.busy"
    status = 503

    def __init__(self, wait_seconds: int) -> None:
        """Keep how long to wait, in seconds."""
        super().__init__(wait_seconds=wait_seconds)
        self.wait_seconds = wait_seconds


class VerificationTooHeavy(SeingError):
    """Verifying the file takes more time or memory than is given to a stranger's file."""

    code = "verification.too_heavy"
    status = 422


class CertificateUnknown(SeingError):
    """Our issuing authority did not give this certificate, as far as keys, orders and the file at hand say."""

    code = "certificate.unknown"
    status = 404


class CertificateInUse(SeingError):
    """The certificate is that of a key that seals or time-stamps now: taking it back stops every signature."""

    code = "certificate.in_use"
    status = 409


class Misconfigured(SeingError):
    """A setting stops the start; `problem` says what is wrong and `remedy` how to mend it."""

    code = "settings.invalid"
    status = 500

    def __init__(self, setting: str, problem: str, remedy: str) -> None:
        """Name the setting (its environment variable), never its value."""
        super().__init__(setting=setting, problem=problem, remedy=remedy)
        self.setting, self.problem, self.remedy = setting, problem, remedy

    def __str__(self) -> str:
        return f"{self.setting} : {self.problem} {self.remedy}"


Language = Literal["fr", "en"]

SENTENCES: dict[str, tuple[str, str]] = {
    "seing.error": ("L'opération a été refusée.", "The operation was refused."),
    "not_found": ("Cet élément n'existe pas, ou vous n'y avez pas accès.", "Nothing here under that id for you."),
    "forbidden": ("Vous n'avez pas le droit d'effectuer cette action.", "You may not do this."),
    "proposal.unreadable": ("Le fichier ne peut pas être lu.", "The file cannot be read."),
    "proposal.duplicate_reference": (
        "La proposition {reference} existe déjà.",
        "Proposal {reference} already exists.",
    ),
    "proposal.blocked": (
        "La proposition comporte {count} anomalie(s) bloquante(s).",
        "The proposal has {count} blocking finding(s).",
    ),
    "state.not_allowed": (
        "Cette action n'est plus possible : l'état actuel est « {state} ».",
        "This is not possible any more: the state is '{state}'.",
    ),
    "order.held": (
        "La mise en production est possible à partir du {date} : le client peut renoncer au contrat jusque-là.",
        "Release is possible from {date}: until then the customer may withdraw.",
    ),
    "line.sheet_required": (
        "La fiche suivi d'appels manque pour {count} ligne(s) : remplissez-la avant la remise en production.",
        "The call-tracking sheet is missing for {count} line(s): fill it in before the release.",
    ),
    "ceremony.closed": (
        "Ce lien n'est plus valable. Demandez-en un nouveau à votre commercial.",
        "This link is no longer valid. Ask your sales representative for a new one.",
    ),
    "ceremony.copy_sent": (
        "Vous avez signé : cette page est close. Votre exemplaire vous a été envoyé par courriel le {date}.",
        "You have signed: this page is closed. Your copy was sent to you by e-mail on {date}.",
    ),
    "ceremony.locked": (
        "La signature est bloquée après plusieurs codes erronés. Votre commercial peut la relancer.",
        "Signing is locked after several wrong codes. Your sales representative can start it again.",
    ),
    "ceremony.exhausted": (
        "Trop d'ouvertures ou de codes erronés. Retirez cette commande, puis établissez-en une nouvelle.",
        "Opened or mistyped too often. Withdraw this order, then draw up a new one.",
    ),
    "code.voice_not_allowed": (
        "Le code ne peut pas être donné par appel vocal. Votre commercial peut l'autoriser.",
        "The code cannot be given by a voice call. Your sales representative can allow it.",
    ),
    "order.out_of_date": (
        "Les dates de prélèvement de ce bon de commande sont trop proches. Votre commercial doit l'établir à nouveau.",
        "The debit dates of this order form are now too close. Your sales representative must draw it up again.",
    ),
    "ceremony.consent_missing": (
        "Cochez les cases demandées avant de recevoir votre code.",
        "Tick the required boxes before you receive your code.",
    ),
    "reason.missing": ("Indiquez un motif.", "Give a reason."),
    "code.wrong": (
        "Ce code n'est pas le bon. Si cela se répète, demandez à votre commercial de relancer la signature.",
        "This is not the right code. If this goes on, ask your sales representative to start signing again.",
    ),
    "code.expired": (
        "Ce code n'est plus valable. Demandez-en un nouveau.",
        "This code is no longer valid. Ask for a new one.",
    ),
    "code.send_refused": (
        "Un nouveau code pourra être envoyé dans {wait}.",
        "A new code can be sent in {wait}.",
    ),
    "sms.refused": (
        "Le SMS n'a pas pu être envoyé. Vérifiez le numéro ou réessayez dans un instant.",
        "The text message could not be sent. Check the number or try again in a moment.",
    ),
    "bank_answer.unreadable": (
        "Ce fichier n'est pas un retour bancaire lisible : {reason}.",
        "This file is no readable answer of a bank: {reason}.",
    ),
    "archive.damaged": (
        "{count} document(s) de l'archive ne se relisent pas tels qu'ils ont été déposés.",
        "{count} document(s) of the archive do not come back as they were stored.",
    ),
    "export.unreadable": (
        "Ce fichier n'est pas l'export complet d'un dossier : {reason}. Rien n'a été restauré.",
        "This file is not the whole export of an order: {reason}. Nothing was restored.",
    ),
    "scan.unreadable": (
        "Ce fichier n'est pas un papier numérisé lisible : {reason}. Rien n'a été gardé.",
        "This file is no readable scan: {reason}. Nothing was kept.",
    ),
    "login.too_often": (
        "Trop de connexions refusées depuis votre adresse. Réessayez dans {wait}.",
        "Too many logins failed from your address. Try again in {wait}.",
    ),
    "verification.too_often": (
        "Trop de vérifications depuis votre adresse. La prochaine sera possible dans {wait}.",
        "Too many verifications from your address. The next is possible in {wait}.",
    ),
    "verification.busy": (
        "Trop de documents sont en cours de vérification. Réessayez dans {wait}.",
        "Too many documents are being verified. Try again in {wait}.",
    ),
    "verification.too_heavy": (
        "La vérification de ce fichier demande trop de temps ou de mémoire : elle a été interrompue.",
        "Verifying this file takes too much time or memory: it was stopped.",
    ),
    "certificate.unknown": (
        "Ce numéro n'est celui d'aucun certificat émis ici. Donnez le fichier du certificat (PEM ou DER).",
        "This number is that of no certificate issued here. Give the certificate's file (PEM or DER).",
    ),
    "certificate.in_use": (
        "Cette clé sert en ce moment : la révoquer arrête tout scellement. Remplacez-la d'abord, ou ajoutez --in-use.",
        "This key is in use: revoking it stops every signature. Replace it first, or add --in-use.",
    ),
    "idempotency.conflict": (
        "Cette clé d'idempotence a déjà servi pour une autre demande.",
        "This idempotency key was already used for another request.",
    ),
    "settings.invalid": ("{setting} : {problem} {remedy}", "{setting}: {problem} {remedy}"),
}


_UNITS: dict[Language, tuple[tuple[int, str, str], ...]] = {
    "fr": ((3600, "heure", "heures"), (60, "minute", "minutes"), (1, "seconde", "secondes")),
    "en": ((3600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds")),
}


def describe(error: SeingError, language: Language = "fr") -> str:
    """The sentence for a refusal, in French or English."""
    french, english = SENTENCES[error.code]
    params = dict(error.params)
    if isinstance(params.get("date"), date):
        params["date"] = formats(language).date(params["date"])
    if "wait_seconds" in params:
        params["wait"] = _wait(params["wait_seconds"], language)
    return (french if language == "fr" else english).format(**params)


def _wait(seconds: int, language: Language) -> str:
    """A wait in the largest unit that says it well, rounded up: 95 seconds are 2 minutes."""
    size, one, many = next(unit for unit in _UNITS[language] if 2 * seconds > 3 * unit[0] or unit[0] == 1)
    count = -(-seconds // size)
    return f"{count} {one if count == 1 else many}"
