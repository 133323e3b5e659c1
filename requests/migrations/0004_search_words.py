"""Elders and their families are found by the beginnings of words; the index is made after migrating."""

from django.db import migrations

from linzhu.communities.search_field import SearchWordsField, refill


def fill(apps, schema_editor):
    for name in ("Elder", "FamilyContact"):
        refill(apps.get_model("requests", name))


class Migration(migrations.Migration):
    dependencies = [("requests", "0003_cancelled_late")]

    operations = [
        migrations.RemoveField("elder", "search_key"),
        migrations.AddField("elder", "search_words", SearchWordsField()),
        migrations.AddField("familycontact", "search_words", SearchWordsField(source="")),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
