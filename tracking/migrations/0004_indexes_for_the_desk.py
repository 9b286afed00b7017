"""The indexes that let the desk find a shipment among millions. PostgreSQL alone: SQLite serves the demo without."""

from typing import Final

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Each is of the very expression that desk.search asks for; a test holds the two together.
MAKE: Final = r"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX shipment_name_words ON tracking_shipment
    USING gin (UPPER((' ' || recipient_name)::text) gin_trgm_ops);
CREATE INDEX shipment_email_begins ON tracking_shipment (UPPER(email::text) text_pattern_ops);
CREATE INDEX shipment_phone_ends ON tracking_shipment (REVERSE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
    phone, ' ', ''), '-', ''), '(', ''), ')', ''), '/', ''), '.', '')) text_pattern_ops);
CREATE INDEX shipment_postcode_newest ON tracking_shipment (UPPER(REPLACE(REPLACE(postcode, ' ', ''), '-', '')), id);
CREATE INDEX status_event_external_id ON tracking_statusevent (external_id) WHERE source <> 'doorstep';
"""
DROP: Final = """
DROP INDEX status_event_external_id;
DROP INDEX shipment_postcode_newest;
DROP INDEX shipment_phone_ends;
DROP INDEX shipment_email_begins;
DROP INDEX shipment_name_words;
"""


def make(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(MAKE)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("tracking", "0003_shipments_by_phone")]

    operations = [migrations.RunPython(make, drop)]
