from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0009_causes_of_replanning"),
    ]

    operations = [
        migrations.AddField(
            model_name="shift",
            name="shares_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
