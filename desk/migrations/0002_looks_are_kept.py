"""On PostgreSQL the book of who looked at what can be added to, and not changed."""

from typing import Final

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

REFUSE: Final = """
CREATE FUNCTION desk_look_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who looked at what is never changed';
END $$;
CREATE TRIGGER desk_look_is_kept BEFORE UPDATE OR DELETE ON desk_look
FOR EACH ROW EXECUTE FUNCTION desk_look_is_kept();
"""
ALLOW: Final = """
DROP TRIGGER desk_look_is_kept ON desk_look;
DROP FUNCTION desk_look_is_kept();
"""


def refuse(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REFUSE)


def allow(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ALLOW)


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_the_first_tables")]

    operations = [migrations.RunPython(refuse, allow)]
