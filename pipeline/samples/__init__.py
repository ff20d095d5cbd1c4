"""The proposals and the organisation that `seing demo` plays when it is given none."""

from importlib.resources import files


def read_bytes(name: str) -> bytes:
    """A sample as a file of the ordering system."""
    return (files(__name__) / name).read_bytes()
