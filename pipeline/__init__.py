"""What happens to a proposal, and in which order."""

__version__ = "0.1.0"
