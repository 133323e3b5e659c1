"""Volunteers are listed by pinyin: the key of their names, with the index that pages are read from."""

from django.db import migrations, models

from linzhu.communities.search_field import refill
from linzhu.communities.sort_key import SortKeyField


def fill(apps, schema_editor):
    refill(apps.get_model("volunteers", "Volunteer"), "sort_key")


class Migration(migrations.Migration):
    dependencies = [("communities", "0004_calls_to_elders"), ("volunteers", "0004_search_words")]

    operations = [
        migrations.AlterModelOptions(
            "volunteer",
            {"ordering": ["sort_key", "pk"], "verbose_name": "volunteer", "verbose_name_plural": "volunteers"},
        ),
        migrations.AddField("volunteer", "sort_key", SortKeyField()),
        migrations.AddIndex(
            "volunteer", models.Index(fields=["community", "sort_key", "id", "status"], name="volunteer_listed")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
