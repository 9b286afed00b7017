"""Crowds: the couriers whom staff enrol and suspend, how they are asked and paid, the offers, and what is owed."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from carriers.models.crowd import Courier, Earning, Invitation, Offer, Terms
from carriers.services import crowd
from carriers.services.crowd import CannotBeOffered, wording
from carriers.services.crowd.couriers import Person
from tracking import contact
from tracking.admin.showing import KeptAdmin, ShownAdmin, ShownInline
from tracking.rounds.models import Carrier, CarrierKind


class CourierForm(forms.ModelForm):
    """What staff may change of a courier."""

    class Meta:
        model = Courier
        fields = ["phone", "language", "vehicle_type", "is_available", "available_from", "available_until"]

    def clean_phone(self) -> str:
        """Keep the number in one form, whichever way it was written."""
        try:
            return contact.phone(self.cleaned_data["phone"], region=settings.PHONE_REGION)
        except contact.Unreadable as error:
            raise forms.ValidationError(_("This is no phone number.")) from error


class EnrolmentForm(CourierForm):
    """Somebody new; of the point of their home only the neighbourhood is kept."""

    carrier = forms.ModelChoiceField(Carrier.objects.filter(kind=CarrierKind.CROWD))
    given_name = forms.CharField(max_length=60)
    family_name = forms.CharField(max_length=60, required=False)
    home_latitude = forms.FloatField(min_value=-90, max_value=90)
    home_longitude = forms.FloatField(min_value=-180, max_value=180)

    class Meta(CourierForm.Meta):
        fields = ["phone", "language", "vehicle_type"]

    @property
    def person(self) -> Person:
        """Who was filled in, in a valid form."""
        said = self.cleaned_data
        home = (said["home_latitude"], said["home_longitude"])
        return Person(said["given_name"], said["family_name"], said["phone"], home, said["language"])


@admin.register(Courier)
class CourierAdmin(KeptAdmin):
    """Who may be asked. Their own page's address is shown on theirs alone: it is what they are to be sent."""

    form = CourierForm
    list_display = ["driver", "carrier", "vehicle_type", "is_available", "rating", "suspended_at"]
    list_filter = ["is_available", ("suspended_at", admin.EmptyFieldListFilter), "driver__carrier"]
    list_select_related = ["driver__carrier", "driver__score", "vehicle_type"]
    ordering = ["-id"]
    search_fields = ["driver__given_name", "driver__family_name", "=phone"]
    readonly_fields = ["driver", "page", "rating", "home_cell", "seen_cell", "seen_at", "suspended_at"]
    actions = ["suspend", "reinstate"]

    def get_form(self, request: HttpRequest, obj: Courier | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **(kwargs if obj else {**kwargs, "form": EnrolmentForm}))

    def get_fields(self, request: HttpRequest, obj: Courier | None = None) -> Any:
        if obj is None:
            return [*EnrolmentForm.declared_fields, *EnrolmentForm.Meta.fields]
        return ["driver", *CourierForm.Meta.fields, *self.readonly_fields[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Courier | None = None) -> list[str]:
        return list(self.readonly_fields) if obj else []

    def save_model(self, request: HttpRequest, courier: Courier, form: Any, change: bool) -> None:
        """Enrol somebody new through the service; write what was changed of somebody known."""
        if change:
            super().save_model(request, courier, form, change)
            return
        made = crowd.enrol(form.cleaned_data["carrier"], form.person, form.cleaned_data["vehicle_type"])
        courier.pk, courier.driver, courier.token = made.pk, made.driver, made.token

    @admin.display(description="carrier", ordering="driver__carrier")
    def carrier(self, courier: Courier) -> str:
        return courier.driver.carrier.name

    @admin.display(description="stars")
    def rating(self, courier: Courier) -> str:
        score = getattr(courier.driver, "score", None)
        return f"{score.stars:.1f} ({score.stars_n})" if score else "–"

    @admin.display(description="their page")
    def page(self, courier: Courier) -> str:
        return f"{settings.BASE_URL}{reverse('crowd_courier', args=[courier.token])}"

    @admin.action(description="Suspend the selected couriers", permissions=["change"])
    def suspend(self, request: HttpRequest, chosen: QuerySet[Courier]) -> None:
        """Ask these couriers no more."""
        for courier in chosen:
            crowd.suspend(courier, at=timezone.now())
            self.log_change(request, courier, "Suspended.")
        self.message_user(request, f"{len(chosen)} suspended.")

    @admin.action(description="Let the selected couriers be asked again", permissions=["change"])
    def reinstate(self, request: HttpRequest, chosen: QuerySet[Courier]) -> None:
        """Let these couriers be asked again."""
        for courier in chosen:
            crowd.reinstate(courier)
            self.log_change(request, courier, "Reinstated.")
        self.message_user(request, f"{len(chosen)} reinstated.")


@admin.register(Terms)
class TermsAdmin(KeptAdmin):
    """How each crowd is asked, and what a kilometre pays."""

    list_display = ["carrier", "widens_seconds", "last_ring", "answer_seconds", "least_stars", "pay_per_km"]
    list_select_related = ["carrier"]
    ordering = ["carrier"]


class InvitationInline(ShownInline):
    """Who was asked about an offer, and what they answered; no link is shown, because each is somebody's."""

    model = Invitation
    fields = ["courier_name", "time_out", "ring", "asked_at", "expires_at", "answer", "answered_at"]
    readonly_fields = ["courier_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).select_related("courier__driver").order_by("id")

    @admin.display(description="courier")
    def courier_name(self, invitation: Invitation) -> str:
        return str(invitation.courier.driver)


@admin.register(Offer)
class OfferAdmin(ShownAdmin):
    """What crowds were asked to bring: how far out, who was asked, who has it."""

    list_display = ["id", "carrier", "hub", "state", "ring", "asked", "taken_by", "began_at", "open_until", "pays"]
    list_filter = ["state", "carrier", "hub"]
    list_select_related = ["carrier", "hub", "courier__driver"]
    ordering = ["-id"]
    search_fields = ["=shipments__reference"]
    fields = [
        *["carrier", "hub", "state", "holds", "doors", "mass_g", "volume_ml", "earliest", "latest", "pays"],
        *["ring", "times_out", "widens_at", "open_until", "taken_by", "accepted_at", "load_by", "began_at", "ended_at"],
    ]
    readonly_fields = ["holds", "pays", "taken_by"]
    inlines = [InvitationInline]
    actions = ["withdraw", "ask_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        offers: QuerySet[Offer] = super().get_queryset(request)
        return offers.annotate(asked_n=Count("invitations")).prefetch_related("shipments")

    @admin.display(description="asked")
    def asked(self, offer: Any) -> int:
        number: int = offer.asked_n
        return number

    @admin.display(description="shipments")
    def holds(self, offer: Offer) -> str:
        return ", ".join(shipment.reference for shipment in offer.shipments.all())

    @admin.display(description="pay")
    def pays(self, offer: Offer) -> str:
        return wording.sum_of(offer)

    @admin.display(description="courier")
    def taken_by(self, offer: Offer) -> str:
        return str(offer.courier.driver) if offer.courier else "–"

    @admin.action(description="Withdraw the selected offers", permissions=["manage"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Offer]) -> None:
        """Take these offers back, from their couriers too where nothing is loaded."""
        done = [offer for offer in chosen if crowd.withdraw(offer, at=timezone.now())]
        for offer in done:
            self.log_change(request, offer, "Withdrawn.")
        self.message_user(request, f"{len(done)} of {len(chosen)} withdrawn.")

    @admin.action(description="Ask again about the selected offers that nobody took", permissions=["manage"])
    def ask_again(self, request: HttpRequest, chosen: QuerySet[Offer]) -> None:
        """Hand what these offers held to the same crowd again."""
        asked = 0
        for offer in chosen:
            for shipment in offer.shipments.filter(carrier=offer.carrier_id):
                asked += self._hand_over(request, offer, shipment)
        self.message_user(request, f"{asked} shipments are asked about.")

    def _hand_over(self, request: HttpRequest, offer: Offer, shipment: Any) -> bool:
        try:
            crowd.hand_over(shipment, offer.carrier, at=timezone.now())
        except CannotBeOffered:
            return False
        self.log_change(request, offer, "Asked again.")
        return True

    def has_manage_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("carriers.change_offer")


@admin.register(Earning)
class EarningAdmin(ShownAdmin):
    """What couriers are owed, each with the sum that it comes from."""

    list_display = ["earned_at", "courier_name", "amount", "sum", "offer"]
    list_filter = ["courier__driver__carrier"]
    list_select_related = ["courier__driver", "offer"]
    date_hierarchy = "earned_at"
    ordering = ["-id"]
    fields = ["earned_at", "courier_name", "amount", "sum", "offer"]
    readonly_fields = ["courier_name"]

    @admin.display(description="courier", ordering="courier")
    def courier_name(self, earning: Earning) -> str:
        return str(earning.courier.driver)
