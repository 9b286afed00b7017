from datetime import datetime

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q


def write_down(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write down until when that is kept which shoppers chose to collect at a hub."""
    demands = apps.get_model("dispatch", "Demand").objects.filter(way="collect")
    changes = apps.get_model("tracking", "Change").objects
    chosen = changes.filter(action="pickup_point", undone_at=None, replaced_at=None)
    for shipment_id, details in chosen.values_list("shipment", "details").iterator():
        if "kept_until" in details:
            demands.filter(shipment=shipment_id).update(kept_until=datetime.fromisoformat(details["kept_until"]))


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_collect_at_the_hub"), ("tracking", "0020_claims_and_fresh_starts")]

    operations = [
        migrations.AddField("demand", "kept_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            "demand",
            models.CheckConstraint(
                condition=Q(("kept_until", None), ("way", "collect"), _connector="OR"),
                name="demand_kept_means_collected",
            ),
        ),
        migrations.RunPython(write_down, migrations.RunPython.noop, elidable=True),
    ]
