"""A process that dies: at every line of some modules in turn, always on the same database."""

import sys


class Killed(BaseException):
    """No handler of the product catches it, as none catches a power cut."""


def killed_at_every_line(act, *modules):
    """Run `act` again and again, each time dead at a line of these modules that none died at before.

    Answers what the first run gave that lived to its end, and how many died.
    """
    files, seen = {module.__file__ for module in modules}, set()

    def trace(frame, event, _):
        if frame.f_code.co_filename not in files:
            return None
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place not in seen:
            seen.add(place)
            raise Killed
        return trace

    while True:
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            return act(), len(seen)
        except Killed:
            continue
        finally:
            sys.settrace(before)
