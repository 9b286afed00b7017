"""What may be done about a case: the form it takes, whom it is for, and the service that does it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from desk.cases.forms import CaseForm, HandOverForm, NoteForm, ReasonForm, ReplyForm, ResolveForm
from desk.roles import May
from feedback import services
from feedback.models import Case, Outcome, Priority, Queue
from feedback.services import AlreadyOwned, AlreadyResolved, Answer, NotResolved

Given = Mapping[str, Any]
"""What a valid form holds."""


class NotPossible(Exception):
    """The case has moved on meanwhile, as this says; nothing has changed."""


def _is_anybodys(case: Case, by: User) -> bool:
    return True


class Deed(NamedTuple):
    """One thing to do: what its button says, what is told afterwards, when it is of use, and who may do it."""

    label: Promise
    told: Promise
    form: type[CaseForm]
    do: Callable[[Case, Given, User, datetime], dict[str, Any]]
    is_of_use: Callable[[Case], bool]
    is_allowed: Callable[[Case, User], bool] = _is_anybodys

    def carry_out(self, form: CaseForm, *, at: datetime) -> dict[str, Any]:
        """Let the service do it; gives what is to be kept of it.

        Raises ``NotPossible``.
        """
        try:
            return self.do(form.case, form.cleaned_data, form.by, at)
        except (AlreadyResolved, NotResolved, AlreadyOwned) as refusal:
            raise NotPossible(_REFUSALS[type(refusal)]) from refusal


_REFUSALS: Final[Mapping[type[Exception], Promise]] = {
    AlreadyResolved: _("This case is resolved already. Open it again first."),
    NotResolved: _("This case is not resolved: somebody has opened it again."),
    AlreadyOwned: _("Somebody else has just taken this case."),
}


def offered(case: Case, by: User, *, text: str = "") -> dict[str, tuple[Deed, CaseForm]]:
    """Give what somebody may do about a case now, with empty forms; the answer begins with a text."""
    return {
        name: (deed, deed.form(case=case, by=by, name=name, text=text if name == "reply" else ""))
        for name, deed in DEEDS.items()
        if deed.is_of_use(case) and deed.is_allowed(case, by)
    }


def _reply(case: Case, given: Given, by: User, at: datetime) -> dict[str, Any]:
    message = services.reply(case, Answer(given["text"], given["waits_for_shopper"]), by=by, at=at)
    return {"message": message.id}


def _note(case: Case, given: Given, by: User, at: datetime) -> dict[str, Any]:
    return {"message": services.note(case, given["text"], by=by, at=at).id}


def _take(case: Case, given: Given, by: User, at: datetime) -> dict[str, Any]:
    services.take(case, by=by, at=at)
    return {}


def _hand_over(case: Case, given: Given, by: User, at: datetime) -> dict[str, Any]:
    before = _terms(case)
    owner, queue, priority = given["owner"], Queue(given["queue"]), Priority(given["priority"])
    after = services.hand_over(case, owner=owner, queue=queue, priority=priority, at=at)
    return {"before": before, "after": _terms(after)}


def _resolve(case: Case, given: Given, by: User, at: datetime) -> dict[str, Any]:
    services.resolve(case, Outcome(given["outcome"]), by=by, at=at)
    return {"after": given["outcome"]}


def _reopen(case: Case, given: Given, by: User, at: datetime) -> dict[str, Any]:
    services.reopen(case, at=at)
    return {"before": case.outcome}


def _terms(case: Case) -> dict[str, Any]:
    return {"owner": case.owner_id, "queue": case.queue, "priority": case.priority}


def _is_there(case: Case) -> bool:
    return True


def _is_unresolved(case: Case) -> bool:
    return not case.is_resolved


def _is_nobodys(case: Case) -> bool:
    return not case.is_resolved and case.owner is None


def _is_theirs_to_give(case: Case, by: User) -> bool:
    return case.owner in {None, by} or by.has_perm(May.LEAD)


DEEDS: Final[Mapping[str, Deed]] = {
    "take": Deed(_("Take it"), _("The case is yours."), CaseForm, _take, _is_nobodys),
    "reply": Deed(_("Send"), _("The answer is on its way."), ReplyForm, _reply, _is_unresolved),
    "note": Deed(_("Write a note"), _("The note is kept."), NoteForm, _note, _is_there),
    "resolve": Deed(_("Resolve"), _("The case is resolved."), ResolveForm, _resolve, _is_unresolved),
    "hand_over": Deed(
        _("Hand over"), _("The case is handed over."), HandOverForm, _hand_over, _is_unresolved, _is_theirs_to_give
    ),
    "reopen": Deed(
        _("Open it again"), _("The case is open again."), ReasonForm, _reopen, lambda case: case.is_resolved
    ),
}
