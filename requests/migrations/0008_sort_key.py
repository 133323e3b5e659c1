"""Elders are listed by pinyin: the key of their names, with the index that pages are read from."""

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
        migrations.AddIndex(
            "elder", models.Index(fields=["community", "sort_key", "id"], name="elder_listed")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
