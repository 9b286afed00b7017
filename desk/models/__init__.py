"""The tables of this app: who works at the desk, what they looked at and did, and the lists they brought in."""

from desk.models.imports import Import
from desk.models.looks import Deed, Look
from desk.models.staff import Member, Role

__all__ = ["Deed", "Import", "Look", "Member", "Role"]
