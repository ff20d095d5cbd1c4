"""A key in AWS KMS, which never leaves it: `awskms:alias/seing-seal?region=eu-west-3` (or a key id or ARN).

Credentials come from where boto3 finds them: environment, profile, role of the machine. The policy needs
`kms:DescribeKey` and `kms:Sign`.
"""

import hashlib
from typing import Any
from urllib.parse import parse_qsl

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from signing.errors import KeyFileError, KeyFileMissing, KeyFileUnreadable, KeyTooWeak, KeyUnavailable

NAME = "awskms:"

ALGORITHMS = {
    "RSA_3072": "RSASSA_PKCS1_V1_5_SHA_256",
    "RSA_4096": "RSASSA_PKCS1_V1_5_SHA_256",
    "ECC_NIST_P256": "ECDSA_SHA_256",
}
"""By key specification; a P-384 key signs SHA-384 only there, which nothing here asks for."""

TIMEOUT = 5.0
"""Seconds for connecting, and for an answer."""

ATTEMPTS = 3

FOR_GOOD = frozenset({"NotFoundException", "InvalidArnException", "AccessDeniedException", "InvalidKeyUsageException"})
"""Refusals that another try does not change."""


class KmsKey:
    """A signing key of KMS. Digests travel, documents do not.

    Args:
        address: key id, ARN or alias; `region` and `endpoint` where boto3 should not find them itself.

    Raises:
        KeyFileError: a key that is not there, or does not sign what is needed.
        KeyUnavailable: no answer, or the key is disabled.
    """

    def __init__(self, address: str) -> None:
        self._id, _, query = address.removeprefix(NAME).partition("?")
        options = dict(parse_qsl(query))
        if not self._id or not options.keys() <= {"region", "endpoint"}:
            raise KeyFileUnreadable(NAME, "a key, then region and endpoint where needed")
        settings = Config(
            connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries={"total_max_attempts": ATTEMPTS, "mode": "standard"}
        )
        try:
            # Clients are safe to share between threads; sessions are not.
            self._client: Any = boto3.session.Session().client(
                "kms", region_name=options.get("region"), endpoint_url=options.get("endpoint"), config=settings
            )
        except (BotoCoreError, ValueError) as error:
            raise KeyFileUnreadable(NAME, f"{error}") from None
        facts = self._ask("describe_key")["KeyMetadata"]
        if facts["KeyUsage"] != "SIGN_VERIFY" or facts["KeySpec"] not in ALGORITHMS:
            raise KeyTooWeak(NAME, f"a signing key of {', '.join(ALGORITHMS)} is needed, not {facts['KeySpec']}")
        self._algorithm = ALGORITHMS[facts["KeySpec"]]

    def sign(self, data: bytes) -> bytes:
        """See `RemoteKey.sign`."""
        digest = hashlib.sha256(data).digest()
        answer = self._ask("sign", Message=digest, MessageType="DIGEST", SigningAlgorithm=self._algorithm)
        return bytes(answer["Signature"])

    def _ask(self, act: str, **what: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, act)(KeyId=self._id, **what)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "NotFoundException":
                raise KeyFileMissing(NAME, "there is no such key") from None
            if code in FOR_GOOD:
                raise KeyFileError(NAME, f"refused: {code}") from None
            raise KeyUnavailable(f"the key service refused: {code}") from error
        except BotoCoreError as error:
            raise KeyUnavailable(f"the key service does not answer: {type(error).__name__}") from error
        return answer
