"""What signing refuses, each with a stable code. Facts are attributes; sentences are found elsewhere by code."""


class SigningError(Exception):
    """Base of everything that `signing` raises on purpose."""

    code = "signing.error"
