"""The proposals and the organisation that `seing demo` plays when it is given none."""
