"""An anomaly, and what one click can do about it: plain values, the same on every screen and in the API."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["blocking", "blocking_at_release", "warning"]
"""`blocking` stops the validation; `blocking_at_release` lets the customer sign and stops the production; a warning
stops nothing."""

Action = Literal[
    "remove_sub_order",
    "split_negative",
    "spread_difference",
    "replan",
    "remove_plan",
    "move_schedule",
    "set_vat_number",
    "remove_line",
]
FollowUp = Literal["customer_service_request", "total_churn"]


@dataclass(frozen=True)
class Fix:
    """What `pipeline.rules.fixes.apply_fix` does with a finding when the rep agrees."""

    action: Action
    label: str
    """What the button says, in French."""
    label_en: str
    value: str = ""
    """What the action needs: a date, a number; empty where the finding's place says enough."""
    follow_up: FollowUp | None = None
    """What may be declared besides: a request to the customer service (MASC), the account's total churn."""


@dataclass(frozen=True)
class Finding:
    """One anomaly. `code` is stable; `where` is a JSON path; messages may hold personal data and stay out of logs."""

    code: str
    severity: Severity
    where: str
    message: str = field(repr=False)
    message_en: str = field(repr=False)
    fix: Fix | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as the API and `seing check --json` give it."""
        fix = self.fix and {
            "action": self.fix.action,
            "label": self.fix.label,
            "label_en": self.fix.label_en,
            "value": self.fix.value,
            "follow_up": self.fix.follow_up,
        }
        return {
            "code": self.code,
            "severity": self.severity,
            "where": self.where,
            "message": self.message,
            "message_en": self.message_en,
            "fix": fix,
        }


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that stop the validation and the signature."""
    return tuple(finding for finding in findings if finding.severity == "blocking")


def blocking_at_release(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that stop the production of a signed order."""
    return tuple(finding for finding in findings if finding.severity != "warning")
