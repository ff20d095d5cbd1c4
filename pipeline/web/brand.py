"""The seller's brand on screen: the tokens of the documents as custom properties, and the logo as SVG.

The accent is used as it is where white reads well on it, and darkened where it does not.
"""

from templates.brand import INK, LINE, SOFT, WASH, Brand

_LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA) for text; the accent carries text and lies under it."""


def brand_css(brand: Brand) -> str:
    """The custom properties that the style sheet takes its colours from."""
    tokens = {"brand": readable(brand.accent), "ink": INK, "soft": SOFT, "line": LINE, "wash": WASH}
    return ":root{" + ";".join(f"--{name}:{value}" for name, value in tokens.items()) + "}\n"


def logo_svg(brand: Brand) -> str:
    """The logo as it stands beside the name, and as the icon of the page."""
    logo = brand.logo
    paths = "".join(
        f'<path fill="{brand.accent if path.fill == "accent" else path.fill}" d="{path.commands}"/>'
        for path in logo.paths
    )
    box = f"0 0 {logo.width:g} {logo.height:g}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{paths}</svg>'


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
