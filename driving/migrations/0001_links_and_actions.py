import django.db.models.deletion
from django.db import migrations, models

import tracking.rounds.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tracking", "0010_when_sharing_ends"),
    ]

    operations = [
        migrations.CreateModel(
            name="DriveLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "token",
                    models.CharField(
                        default=tracking.rounds.models.make_key, editable=False, max_length=40, unique=True
                    ),
                ),
                ("issued_at", models.DateTimeField(editable=False)),
                ("device_digest", models.CharField(blank=True, editable=False, max_length=64)),
                ("bound_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drive_links", to="tracking.shift"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DriverAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("start", "begin the shift"),
                            ("scan", "load a parcel"),
                            ("set_off", "set off"),
                            ("arrive", "arrive"),
                            ("deliver", "deliver"),
                            ("attempt", "not delivered"),
                            ("pause", "begin a break"),
                            ("resume", "end a break"),
                            ("end", "end the shift"),
                        ],
                        max_length=10,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("device_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("said", models.JSONField(blank=True, default=dict)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "done"),
                            ("overtaken", "overtaken by something else"),
                            ("refused", "not done"),
                        ],
                        default="done",
                        max_length=10,
                    ),
                ),
                ("flags", models.JSONField(blank=True, default=list)),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="actions", to="driving.drivelink"
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tracking.shipment",
                    ),
                ),
            ],
            options={
                "ordering": ["occurred_at", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="drivelink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("bound_at", None), ("device_digest", "")),
                    models.Q(models.Q(("device_digest", ""), _negated=True), ("bound_at__isnull", False)),
                    _connector="OR",
                ),
                name="drive_link_bound_means_device",
            ),
        ),
        migrations.AddConstraint(
            model_name="driveraction",
            constraint=models.UniqueConstraint(fields=("link", "key"), name="driver_action_once_per_key"),
        ),
        migrations.AddConstraint(
            model_name="driveraction",
            constraint=models.CheckConstraint(
                condition=models.Q(("occurred_at__lte", models.F("received_at"))),
                name="driver_action_happened_before_it_was_told",
            ),
        ),
    ]
