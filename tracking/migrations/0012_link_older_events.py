from itertools import groupby

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tracking.shipments import chain

AT_ONCE = 2000


def link(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Bind what was written before there was a chain, in the order of writing."""
    events = apps.get_model("tracking", "StatusEvent").objects
    written = events.select_related("parcel").order_by("shipment_id", "id").iterator(chunk_size=AT_ONCE)
    waiting = []
    for _, history in groupby(written, key=lambda event: event.shipment_id):
        waiting += chain.join(history)
        if len(waiting) >= AT_ONCE:
            events.bulk_update(waiting, ["link"])
            waiting = []
    events.bulk_update(waiting, ["link"])


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0011_proof_and_linked_events"),
    ]

    operations = [
        migrations.RunPython(link, migrations.RunPython.noop, elidable=True),
    ]
