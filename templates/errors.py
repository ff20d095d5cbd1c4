"""What templates refuse, each with a stable code."""


class TemplateError(Exception):
    """Base of everything that `templates` raises on purpose."""

    code = "template.error"
