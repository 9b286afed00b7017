import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import dispatch.models.quotes


class Migration(migrations.Migration):
    dependencies = [
        ("dispatch", "0001_fleet_and_plans"),
        ("tracking", "0008_offered_actions_and_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Slot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("morning", "Morning"),
                            ("midday", "Midday"),
                            ("afternoon", "Afternoon"),
                            ("evening", "Evening"),
                            ("weekend", "Weekend"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "weekdays",
                    models.CharField(
                        default="12345",
                        max_length=7,
                        validators=[django.core.validators.RegexValidator("^[1-7]+$", "Days are 1 (Monday) to 7.")],
                    ),
                ),
                ("starts", models.TimeField()),
                ("ends", models.TimeField()),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=8,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("days_before", models.PositiveSmallIntegerField(default=0)),
                ("until", models.TimeField()),
                ("area", models.CharField(blank=True, max_length=200)),
                ("is_on_holidays", models.BooleanField(default=False)),
                ("room", models.PositiveSmallIntegerField(default=20)),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="dispatch.hub"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SlotDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("capacity", models.PositiveSmallIntegerField()),
                ("taken", models.PositiveSmallIntegerField(default=0)),
                ("counted_at", models.DateTimeField()),
                (
                    "slot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="days", to="dispatch.slot"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("price", models.DecimalField(decimal_places=2, max_digits=8)),
                ("booked_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bookings", to="tracking.shipment"
                    ),
                ),
                (
                    "slot_day",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bookings", to="dispatch.slotday"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tariff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.CharField(
                        choices=[("same_day", "Same day"), ("next_day", "Next day"), ("standard", "Standard")],
                        max_length=10,
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2, max_digits=8, validators=[django.core.validators.MinValueValidator(0)]
                    ),
                ),
                ("days", models.PositiveSmallIntegerField(default=0)),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tariffs", to="dispatch.hub"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "token",
                    models.CharField(
                        default=dispatch.models.quotes.make_token, editable=False, max_length=40, unique=True
                    ),
                ),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
                ("mass_g", models.PositiveIntegerField()),
                ("volume_ml", models.PositiveIntegerField()),
                ("offers", models.JSONField(default=list)),
                ("made_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("taken", models.CharField(blank=True, max_length=60)),
                ("taken_at", models.DateTimeField(blank=True, null=True)),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotes", to="tracking.brand"
                    ),
                ),
                (
                    "shipment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quote",
                        to="tracking.shipment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("shipment", None), ("taken", ""), ("taken_at", None)),
                            models.Q(
                                ("shipment__isnull", False),
                                ("taken_at__isnull", False),
                                models.Q(("taken", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="quote_taken_means_by_whom_what_and_when",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.UniqueConstraint(
                fields=("hub", "kind", "starts", "ends", "weekdays", "area"), name="slot_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends__gt", models.F("starts"))), name="slot_ends_after_it_starts"
            ),
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="slot_costs_nothing_or_more"),
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekdays__regex", "^[1-7]+$")), name="slot_has_weekdays"
            ),
        ),
        migrations.AddConstraint(
            model_name="slotday",
            constraint=models.UniqueConstraint(fields=("slot", "day"), name="slot_day_once"),
        ),
        migrations.AddConstraint(
            model_name="slotday",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken__lte", models.F("capacity"))), name="slot_day_holds_no_more_than_it_can"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.UniqueConstraint(
                condition=models.Q(("released_at", None)), fields=("shipment",), name="booking_one_per_shipment"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.UniqueConstraint(fields=("hub", "level"), name="tariff_one_per_level"),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)), name="tariff_costs_nothing_or_more"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("level", "slot"), _negated=True), name="tariff_is_not_of_slots"
            ),
        ),
    ]
