"""The indexes that let the desk find a shipment by the address that its shopper gave for it."""

from typing import Final

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Of the very expression that desk.search asks for; a test holds the two together.
MAKE: Final = "CREATE INDEX contact_address_ends ON notifications_contact (REVERSE(address) text_pattern_ops)"
DROP: Final = "DROP INDEX contact_address_ends"


def make(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(MAKE)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_unread_messages")]

    operations = [
        migrations.AlterField(
            model_name="contact",
            name="address",
            field=models.CharField(db_index=True, max_length=254),
        ),
        migrations.RunPython(make, drop),
    ]
