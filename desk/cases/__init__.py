"""The desk's part in cases: the queue of those that somebody may see, and what may be done about one."""

from desk.cases.deeds import DEEDS, Deed, NotPossible, offered
from desk.cases.listing import Line, View, count, lines, narrow, visible

__all__ = ["DEEDS", "Deed", "Line", "NotPossible", "View", "count", "lines", "narrow", "offered", "visible"]
