"""What blocks an order, and what one click can do about it: pure functions on values; `check.findings` runs all."""

from pipeline.rules.finding import Finding, Fix, Severity, blocking, blocking_at_release

__all__ = ["Finding", "Fix", "Severity", "blocking", "blocking_at_release"]
