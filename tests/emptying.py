"""Emptying the database after a test that committed: of some eighty tables it wrote to a few, and little to each."""

from typing import Final

from django.db import connection, transaction
from django.test import TransactionTestCase

from desk.models import Look

KEPT: Final = frozenset({"django_content_type", "auth_permission"})
"""What the migrations wrote, which no test changes; to write it anew takes longer than most tests."""

APPEND_ONLY: Final = Look._meta.db_table
"""PostgreSQL lets nobody delete from it."""


@transaction.atomic
def empty(test: TransactionTestCase) -> None:
    """Delete what there is. Django's own way truncates every table and fills the ones that are kept here again."""
    quote = connection.ops.quote_name
    tables = sorted({*connection.introspection.django_table_names(only_existing=True, include_views=False)} - KEPT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {quote(table)})" for table in tables))
        for table, is_filled in zip(tables, cursor.fetchone(), strict=True):
            if is_filled:
                is_guarded = table == APPEND_ONLY and connection.vendor == "postgresql"
                cursor.execute(f"{'TRUNCATE' if is_guarded else 'DELETE FROM'} {quote(table)}")
