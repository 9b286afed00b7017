"""How a brand looks: chosen on the left, shown on the right, on every page and in every message that a shopper gets.

What is shown comes from the very views and templates of shoppers, about deliveries that are made up, in frames that may
do nothing but look. Their addresses name what was chosen, so that a look is seen before it is kept.
"""

from typing import Any, Final

from csp.constants import HEADER, NONE, SELF
from csp.decorators import csp_update
from csp.utils import build_policy
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from desk import access, audit
from desk.brands import keeping, scenes
from desk.brands.forms import LookForm, SceneForm
from desk.brands.scenes import SCENES, Scene
from desk.models import Deed
from desk.roles import May
from notifications import rules
from notifications.admin import documents
from notifications.services import policies, templates
from notifications.triggers import Channel
from tracking import surroundings
from tracking.rounds.models import Place
from tracking.shipments.models import Brand
from tracking.views import page as tracking_page

NOBODYS: Final = "0123456789abcdefghijklmnopqrstuv"
"""A token as long as a real one."""

NOT_IN_ADDRESSES: Final = ("csrfmiddlewaretoken", "logo", "removes_logo", "keep")


@require_http_methods(["GET", "HEAD", "POST"])
@csp_update({"frame-src": [SELF]})
@access.page(May.LEAD)
def show(request: HttpRequest, brand_id: int) -> HttpResponse:
    """Show a brand's look as it is or as it was filled in; keep it where that was asked for and it can be read."""
    brand = _find(request, brand_id)
    given = request.POST if request.method == "POST" else request.GET
    form = LookForm(given if "colour" in given else None, request.FILES or None, instance=brand)
    if "keep" in request.POST and form.is_valid():
        keeping.keep(form)
        audit.note(request, Deed.ACTED, "dress_brand", details={"brand": brand_id})
        messages.success(request, _("The look is kept."))
        return redirect("desk:brand", brand_id)
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    return render(request, "desk/brand.html", _context(request, form, given), status=status)


@require_safe
@access.page(May.LEAD)
@xframe_options_sameorigin
def page(request: HttpRequest, brand_id: int) -> HttpResponse:
    """Show the tracking page of a made-up delivery, as the look in the address would have it."""
    brand, scene, at = _chosen(request, brand_id), _scene(request.GET), timezone.now()
    place = Place.objects.order_by("id").first()
    shown = scenes.play(scene, brand, near=place, timezone=brand.timezone or "UTC", at=at)
    goal = surroundings.goal(shown.shipment.latitude, shown.shipment.longitude, is_exact=False)
    context = {"token": NOBODYS, "door": None, "asked": None, "pin": "482913" if brand.asks_for_pin else ""}
    told = tracking_page.tell(shown.shipment, shown.facts, [], goal, at=at)
    response = render(request, "desk/brand_page.html", {**told, **context})
    response[HEADER] = build_policy(replace={"frame-ancestors": [SELF], "script-src": [NONE], "form-action": [NONE]})
    return response


@require_safe
@access.page(May.LEAD)
def mail(request: HttpRequest, brand_id: int) -> HttpResponse:
    """Show the mail about a made-up delivery, as the look in the address would have it; 404 where none is sent."""
    brand, scene = _chosen(request, brand_id), _scene(request.GET)
    if scene.trigger is None:
        raise Http404
    worded = templates.sample(brand, scene.trigger, Channel.EMAIL, _language(request.GET, brand))
    return documents.show(worded.html, brand=brand)


def _context(request: HttpRequest, form: LookForm, given: QueryDict) -> dict[str, Any]:
    """Say what the page needs; a value that was refused is shown beside its field, and the kept one in the frames."""
    form.is_valid()
    brand, scene = form.instance, _scene(given)
    language = _language(given, brand)
    chosen = given.copy()
    for name in NOT_IN_ADDRESSES:
        chosen.pop(name, None)
    return {
        **admin.site.each_context(request),
        "title": _("How %(brand)s looks") % {"brand": brand.name},
        "brand": brand,
        "form": form,
        "scenes": SceneForm(initial={"scene": _scene_name(given), "language": language}, label_suffix=""),
        "scene": scene,
        "query": chosen.urlencode(),
        **_messages(brand, scene, language),
    }


def _messages(brand: Brand, scene: Scene, language: str) -> dict[str, Any]:
    """Word what a brand sends because of a scene, from whom, and on which channels it does so at all."""
    if scene.trigger is None:
        return {}
    terms = policies.of_brands([brand.pk])[brand.pk]
    decided = terms.decided(scene.trigger)
    return {
        "sms": templates.sample(brand, scene.trigger, Channel.SMS, language),
        "mail": templates.sample(brand, scene.trigger, Channel.EMAIL, language),
        "sms_sender": terms.policy.sms_sender,
        "mail_sender": terms.policy.email_sender or brand.name,
        "is_told": {
            channel.value: channel in rules.channels_for(scene.trigger, decided=decided, reachable=[channel])
            for channel in (Channel.SMS, Channel.EMAIL)
        },
    }


def _find(request: HttpRequest, brand_id: int) -> Brand:
    """Find a brand; 404 for who works for another one."""
    brand = get_object_or_404(Brand, id=brand_id)
    member = access.member_of(access.user_of(request))
    if member is not None and member.brand_id not in {None, brand.id}:
        raise Http404
    return brand


def _chosen(request: HttpRequest, brand_id: int) -> Brand:
    """Find a brand, and change what can be read of the look in the address, without keeping it."""
    form = LookForm(request.GET if "colour" in request.GET else None, instance=_find(request, brand_id))
    form.is_valid()
    brand: Brand = form.instance
    return brand


def _scene(given: QueryDict) -> Scene:
    return SCENES[_scene_name(given)]


def _scene_name(given: QueryDict) -> str:
    name = given.get("scene", "")
    return name if name in SCENES else "out_for_delivery"


def _language(given: QueryDict, brand: Brand) -> str:
    """Choose the language of the messages: one that there is, else the brand's."""
    form = SceneForm({"scene": _scene_name(given), "language": given.get("language", "")})
    return str(form.cleaned_data["language"]) if form.is_valid() else brand.language
