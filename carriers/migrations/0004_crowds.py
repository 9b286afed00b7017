import django.db.models.deletion
import tracking.rounds.models
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("carriers", "0003_bookings"),
        ("dispatch", "0001_the_first_tables"),
        ("notifications", "0008_questions_of_couriers"),
        ("tracking", "0019_driver_scores"),
    ]

    operations = [
        migrations.CreateModel(
            name="Courier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone", models.CharField(max_length=20, unique=True)),
                ("language", models.CharField(default="en", max_length=12)),
                (
                    "token",
                    models.CharField(
                        default=tracking.rounds.models.make_key, editable=False, max_length=40, unique=True
                    ),
                ),
                ("home_cell", models.CharField(max_length=15)),
                ("seen_cell", models.CharField(blank=True, editable=False, max_length=15)),
                ("seen_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("is_available", models.BooleanField(default=False)),
                ("available_from", models.TimeField(blank=True, null=True)),
                ("available_until", models.TimeField(blank=True, null=True)),
                ("suspended_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "driver",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="courier", to="tracking.driver"
                    ),
                ),
                (
                    "vehicle_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dispatch.vehicletype"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cell", models.CharField(max_length=15)),
                ("metres", models.PositiveIntegerField()),
                ("mass_g", models.PositiveIntegerField()),
                ("volume_ml", models.PositiveIntegerField()),
                ("earliest", models.DateTimeField()),
                ("latest", models.DateTimeField()),
                ("timezone", models.CharField(max_length=40)),
                ("doors", models.PositiveSmallIntegerField(default=1)),
                ("pay_per_stop", models.DecimalField(decimal_places=2, max_digits=8)),
                ("pay_per_km", models.DecimalField(decimal_places=2, max_digits=6)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("gathering", "waiting for more to the same doors"),
                            ("open", "couriers are asked"),
                            ("accepted", "a courier has it"),
                            ("done", "brought"),
                            ("ended", "nobody took it"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="gathering",
                        max_length=10,
                    ),
                ),
                ("ring", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("times_out", models.PositiveSmallIntegerField(default=1)),
                ("widens_at", models.DateTimeField()),
                ("open_until", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("load_by", models.DateTimeField(blank=True, null=True)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tracking.brand"
                    ),
                ),
                (
                    "carrier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="tracking.carrier"
                    ),
                ),
                (
                    "courier",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="carriers.courier",
                    ),
                ),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tracking.place"
                    ),
                ),
                (
                    "shift",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="offer",
                        to="tracking.shift",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "token",
                    models.CharField(
                        default=tracking.rounds.models.make_key, editable=False, max_length=40, unique=True
                    ),
                ),
                ("ring", models.PositiveSmallIntegerField()),
                ("time_out", models.PositiveSmallIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("overtaken", "somebody was faster"),
                            ("expired", "no answer in time"),
                            ("withdrawn", "withdrawn"),
                            ("given_back", "accepted, then given back"),
                            ("no_show", "accepted, but never came"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "courier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="carriers.courier"
                    ),
                ),
                (
                    "question",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="notifications.question",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="carriers.offer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Earning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=8)),
                ("sum", models.CharField(max_length=100)),
                ("earned_at", models.DateTimeField()),
                (
                    "courier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="earnings", to="carriers.courier"
                    ),
                ),
                (
                    "offer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="earning", to="carriers.offer"
                    ),
                ),
            ],
            options={
                "ordering": ["-earned_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Offered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offered", to="carriers.offer"
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offered", to="tracking.shipment"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="offer",
            name="shipments",
            field=models.ManyToManyField(related_name="+", through="carriers.Offered", to="tracking.shipment"),
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gathers_seconds", models.PositiveIntegerField(default=60)),
                ("widens_seconds", models.PositiveIntegerField(default=120)),
                ("last_ring", models.PositiveSmallIntegerField(default=4)),
                ("answer_seconds", models.PositiveIntegerField(default=600)),
                ("start_seconds", models.PositiveIntegerField(default=1800)),
                ("least_stars", models.FloatField(default=3.5)),
                ("least_ratings", models.PositiveIntegerField(default=5)),
                ("pay_per_km", models.DecimalField(decimal_places=2, default=Decimal("0.80"), max_digits=6)),
                (
                    "carrier",
                    models.OneToOneField(
                        limit_choices_to={"kind": "crowd"},
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terms",
                        to="tracking.carrier",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "terms",
            },
        ),
        migrations.AddIndex(
            model_name="courier",
            index=models.Index(
                condition=models.Q(("suspended_at", None)), fields=["home_cell"], name="courier_at_home"
            ),
        ),
        migrations.AddConstraint(
            model_name="courier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("available_from", None), ("available_until", None)),
                    models.Q(("available_from__isnull", False), ("available_until__isnull", False)),
                    _connector="OR",
                ),
                name="courier_hours_have_both_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="courier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("seen_at", None), ("seen_cell", "")),
                    models.Q(("seen_at__isnull", False), models.Q(("seen_cell", ""), _negated=True)),
                    _connector="OR",
                ),
                name="courier_seen_means_where",
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("answer", "asked")), fields=["expires_at"], name="invitation_expires"
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                fields=("offer", "courier", "time_out"), name="invitation_once_each_time_out"
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answer", "accepted")), fields=("offer",), name="invitation_one_accepted_per_offer"
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", "asked"), ("answered_at", None)),
                    models.Q(models.Q(("answer", "asked"), _negated=True), ("answered_at__isnull", False)),
                    _connector="OR",
                ),
                name="invitation_answered_means_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="offered",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)), fields=("shipment",), name="offered_once_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="offered",
            constraint=models.UniqueConstraint(fields=("offer", "shipment"), name="offered_once_in_an_offer"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                condition=models.Q(("state__in", ["gathering", "open"])), fields=["widens_at"], name="offer_due"
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("state", "ended")), fields=["ended_at"], name="offer_ended"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("latest__gt", models.F("earliest"))), name="offer_has_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "accepted"), _negated=True),
                    models.Q(("accepted_at__isnull", False), ("courier__isnull", False), ("load_by__isnull", False)),
                    _connector="OR",
                ),
                name="offer_accepted_means_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["gathering", "open", "ended"]), _negated=True),
                    models.Q(("accepted_at", None), ("courier", None)),
                    _connector="OR",
                ),
                name="offer_open_means_by_nobody",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state__in", ["gathering", "open", "accepted"])),
                    models.Q(("state__in", ["done", "ended", "withdrawn"]), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="offer_over_means_ended_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "accepted")), fields=("courier",), name="offer_one_under_way_per_courier"
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer_seconds__gt", 0), ("widens_seconds__gt", 0)), name="terms_take_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(("least_stars__range", (0, 5))), name="terms_stars_are_at_most_five"
            ),
        ),
    ]
