"""The seller's colour on screen: used as it is where white reads well on it, darkened where it does not."""

DEFAULT_COLOUR = "#0b4f5c"
"""A deep petrol blue."""

_LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA) for text; the accent carries text and lies under it."""


def brand_css(colour: str) -> str:
    """The custom properties that the style sheet takes its accent from."""
    return f":root{{--brand:{readable(colour)};--on-brand:#ffffff}}\n"


def readable(colour: str) -> str:
    """The colour (#rrggbb), darkened step by step until white on it has a contrast of 4.5 to 1."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    while contrast_with_white((red, green, blue)) < _LEAST_CONTRAST:
        red, green, blue = (int(part * 0.95) for part in (red, green, blue))
    return f"#{red:02x}{green:02x}{blue:02x}"


def contrast_with_white(colour: tuple[int, int, int]) -> float:
    """Contrast ratio of WCAG 2.2 between white and a colour in sRGB."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in colour)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
