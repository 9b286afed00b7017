import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0017_which_key_asked"),
    ]

    operations = [
        migrations.AddField(
            model_name="brand",
            name="font",
            field=models.CharField(
                choices=[
                    ("plain", "Plain"),
                    ("humanist", "Humanist"),
                    ("geometric", "Geometric"),
                    ("rounded", "Rounded"),
                    ("bookish", "Bookish"),
                ],
                default="plain",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="ink",
            field=models.CharField(
                blank=True,
                max_length=7,
                validators=[django.core.validators.RegexValidator("^#[0-9a-f]{6}\\Z", "A colour looks like #0b6e5f.")],
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="languages",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="brand",
            name="logo",
            field=models.CharField(blank=True, editable=False, max_length=60),
        ),
        migrations.AddField(
            model_name="brand",
            name="logo_height",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="brand",
            name="logo_width",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="brand",
            name="night_colour",
            field=models.CharField(
                blank=True,
                max_length=7,
                validators=[django.core.validators.RegexValidator("^#[0-9a-f]{6}\\Z", "A colour looks like #0b6e5f.")],
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="night_ink",
            field=models.CharField(
                blank=True,
                max_length=7,
                validators=[django.core.validators.RegexValidator("^#[0-9a-f]{6}\\Z", "A colour looks like #0b6e5f.")],
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="timezone",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="brand",
            name="widget_origins",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name="brand",
            name="colour",
            field=models.CharField(
                default="#0b6e5f",
                max_length=7,
                validators=[django.core.validators.RegexValidator("^#[0-9a-f]{6}\\Z", "A colour looks like #0b6e5f.")],
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("logo", ""), ("logo_height", 0), ("logo_width", 0)),
                    models.Q(models.Q(("logo", ""), _negated=True), ("logo_height__gt", 0), ("logo_width__gt", 0)),
                    _connector="OR",
                ),
                name="brand_logo_has_a_size",
            ),
        ),
    ]
