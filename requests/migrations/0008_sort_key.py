"""Elders are listed by pinyin: the key of their names, by which pages are read."""

from django.db import migrations, models

from linzhu.communities.search_field import refill
from linzhu.communities.sort_key import SortKeyField


def fill(apps, schema_editor):
    refill(apps.get_model("requests", "Elder"), "sort_key")


class Migration(migrations.Migration):
    dependencies = [("communities", "0004_calls_to_elders"), ("requests", "0007_status_index")]

    operations = [
        migrations.AlterModelOptions(
            "elder",
            {"ordering": ["sort_key", "pk"], "verbose_name": "elder", "verbose_name_plural": "elders"},
        ),
        migrations.AddField("elder", "sort_key", SortKeyField()),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
