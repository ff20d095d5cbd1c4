"""What a process has loaded stays: the collector of cycles need not look through it again and again."""

import gc

YOUNG = 50_000
"""Objects made, and not yet gone, before the collector looks for cycles among them: some megabytes.

A form in the making has some thousands, which go by themselves."""


def keep_what_is_loaded() -> None:
    """Once started, let the collector leave alone what is there: programs, fonts, certificates, half a million objects.

    Looking through them costs a sixth of the time in which a form is drawn and sealed. What is made later is collected
    as ever, if less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
