"""A large shop's shipments, written by PostgreSQL itself: people, places and histories that are made up.

    python -m benchmarks.desks.filling --shipments 20000 --events 200000

fills the empty, migrated database that ``DATABASE_URL`` names. The same numbers make the same rows.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import django
from django.db import connection
from django.db.backends.utils import CursorWrapper

GIVEN: Final = """Maija Anna Aino Helmi Sofia Emma Olivia Venla Ella Aada Hanna Sari Tiina Päivi Kirsi Johanna Laura
Matti Juhani Mikko Antti Ville Eero Onni Leo Elias Väinö Oliver Noel Jukka Timo Pekka Kari Heikki Ilkka Jörgen Björn
Mary Patricia Jennifer Linda Susan Karen Nancy Lisa James Robert John Michael David William Richard Thomas Mohammed
Fatima Aisha Ahmed Omar Nguyen Linh Wei Min Ana José María Carlos Luís Katarzyna Agnieszka Piotr Paweł Åsa Örjan Émile
Zoé Chloé Noah Lukas Finn Greta Ida Otto Märta Sigrid Astrid Henrik Pär Liv Nils Signe Tove Yusuf Zeynep Elif Kemal"""
FAMILY_BEGINS: Final = """Virta Korho Mäki Nieme Koski Järvi Laakso Heikki Hämälä Saari Salmi Ranta Lehto Pelto Kallio
Haapa Koivu Leppä Honka Suo Aho Harju Vuori Kivi Hieta Lumi Pohja Ala Ylä Uusi Vanha Kulta Rauta Hopea Meri Tuule Lahti
Anders Johans Karls Nils Erik Lars Pers Svens Gustafs Olofs Robert William Thomp Richard Davi Harri Wil Ander Peter"""
FAMILY_ENDS: Final = "nen la lä lahti ranta niemi son sen koski mäki joki salo rinne"
CITIES: Final = "Helsinki Espoo Tampere Vantaa Oulu Turku Jyväskylä Kuopio Lahti Pori"
STREETS: Final = "Aleksanterinkatu Mannerheimintie Hämeentie Kirkkokatu Rantatie Koulukatu Asemakatu Puistotie"
LIFE: Final = """created in_transit in_transit at_hub planned out_for_delivery attempted at_hub planned out_for_delivery
delivered"""
POSTCODES: Final = 3000
"""So many areas; the first of them are towns, and most people live there."""

TABLES: Final = ("tracking_shipment", "tracking_parcel", "tracking_trackinglink", "tracking_statusevent")

STAGE: Final = """
SELECT setseed(0.25);
INSERT INTO tracking_brand (slug, name, colour, language, shows_driver_from_stops, shows_driver_from_minutes, link_days,
    asks_for_pin)
    SELECT 'shop-' || n, 'Shop ' || n, '#0b6e5f', 'en', 5, 20, 14, false FROM generate_series(1, 3) n;
INSERT INTO tracking_carrier (slug, name, kind)
    SELECT 'carrier-' || n, 'Carrier ' || n, 'third_party' FROM generate_series(1, 4) n;
"""

SHIPMENTS: Final = """
WITH words AS MATERIALIZED (
    SELECT regexp_split_to_array(%(given)s, '\\s+') given, regexp_split_to_array(%(begins)s, '\\s+') begins,
        regexp_split_to_array(%(ends)s, '\\s+') ends, regexp_split_to_array(%(cities)s, '\\s+') cities,
        regexp_split_to_array(%(streets)s, '\\s+') streets
), made AS MATERIALIZED (
    SELECT n, now() - (%(shipments)s - n) * interval '9 seconds' AS at,
        given[1 + floor(power(random(), 1.5) * array_length(given, 1))::int] AS given,
        begins[1 + floor(power(random(), 1.5) * array_length(begins, 1))::int]
            || ends[1 + floor(random() * array_length(ends, 1))::int] AS family,
        cities[1 + floor(power(random(), 2) * array_length(cities, 1))::int] AS city,
        streets[1 + floor(random() * array_length(streets, 1))::int] AS street,
        floor(power(random(), 2) * %(postcodes)s)::int * 33 + 100 AS postcode,
        floor(random() * 10)::int AS prefix, lpad(floor(random() * 10000000)::text, 7, '0') AS phone,
        floor(random() * 4)::int AS spelling
    FROM words, generate_series(1, %(shipments)s) n
)
INSERT INTO tracking_shipment (uid, brand_id, reference, carrier_id, recipient_name, email, phone, street, postcode,
    city, access_code, latitude, longitude, timezone, language, status, handover, finished_at, window_cause,
    promised_start, promised_end, version, changed_at, created_at)
SELECT gen_random_uuid(), (SELECT min(id) FROM tracking_brand) + n %% 3, 'DS-' || 1000000 + n,
    (SELECT min(id) FROM tracking_carrier) + n %% 4, given || ' ' || family,
    CASE WHEN n %% 10 = 0 THEN '' ELSE
        lower(given || '.' || family) || n %% 997
            || (ARRAY['@example.org', '@example.com', '@post.example'])[1 + n %% 3]
    END,
    CASE spelling WHEN 0 THEN '+3584' || prefix || phone WHEN 1 THEN '04' || prefix || ' ' || phone
        WHEN 2 THEN '+358 4' || prefix || ' ' || phone ELSE '04' || prefix || '-' || phone END,
    street || ' ' || 1 + n %% 120, lpad(postcode::text, 5, '0'), city, '', 60 + random(), 24 + random(),
    'Europe/Helsinki', '', CASE WHEN n <= %(shipments)s * 0.97 THEN 'delivered' ELSE 'out_for_delivery' END, '',
    CASE WHEN n <= %(shipments)s * 0.97 THEN at + interval '2 days' END, '',
    at + interval '2 days', at + interval '50 hours', 10, at, at
FROM made ORDER BY n
"""

AROUND: Final = """
INSERT INTO tracking_parcel (shipment_id, number, status)
    SELECT id, 'P' || reference || '-1', status FROM tracking_shipment;
INSERT INTO tracking_trackinglink (shipment_id, token, origin, created_at)
    SELECT id, translate(left(encode(sha256(id::text::bytea), 'base64'), 32), '+/', '-_'), 'sent', created_at
    FROM tracking_shipment;
"""

EVENTS: Final = """
WITH life AS MATERIALIZED (SELECT regexp_split_to_array(%(life)s, '\\s+') steps)
INSERT INTO tracking_statusevent (shipment_id, status, occurred_at, received_at, source, external_id, raw_code, place,
    voids, is_silent, link)
SELECT shipment.id, steps[1 + (n - 1) * array_length(steps, 1) / %(each)s],
    shipment.created_at + n * interval '4 hours', shipment.created_at + n * interval '4 hours' + interval '1 minute',
    CASE WHEN n = 1 THEN 'doorstep' ELSE 'postnord' END, 'JJFI' || shipment.id * 1000 + n, 'Z' || n,
    shipment.city, '', false, ''
FROM tracking_shipment shipment, life, generate_series(1, %(each)s) n
"""


def fill(*, shipments: int, events: int) -> float:
    """Fill an empty database: so many shipments, each with a parcel and a link, and the events between them.

    Gives the seconds that took. As a superuser: foreign keys are not looked up meanwhile.
    """
    words = {"given": GIVEN, "begins": FAMILY_BEGINS, "ends": FAMILY_ENDS, "cities": CITIES, "streets": STREETS}
    begun = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with _bare(cursor):
            cursor.execute(STAGE)
            cursor.execute(SHIPMENTS, {**words, "shipments": shipments, "postcodes": POSTCODES})
            cursor.execute(AROUND)
            cursor.execute(EVENTS, {"life": LIFE, "each": max(1, events // shipments)})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return time.monotonic() - begun


@contextmanager
def _bare(cursor: CursorWrapper) -> Iterator[None]:
    """Leave the tables without the indexes that no constraint needs, and make those anew: quicker than row by row."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY (%s::regclass[]) AND NOT EXISTS"
        " (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))",
        [list(TABLES)],
    )
    definitions = dict(cursor.fetchall())
    for name in definitions:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for definition in definitions.values():
        cursor.execute(definition)


def main() -> None:
    """Fill the database that the environment names."""
    parser = argparse.ArgumentParser(prog="benchmarks.desks.filling")
    parser.add_argument("--shipments", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    seconds = fill(shipments=wanted.shipments, events=wanted.events)
    sys.stdout.write(json.dumps({"figure": "filled_seconds", "value": round(seconds, 1)}) + "\n")


if __name__ == "__main__":
    main()
