"""Volunteers are found by the beginnings of words; the index is made after migrating."""

from django.db import migrations

from linzhu.communities.search_field import SearchWordsField, refill


def fill(apps, schema_editor):
    refill(apps.get_model("volunteers", "Volunteer"))


class Migration(migrations.Migration):
    dependencies = [("volunteers", "0003_volunteer_link")]

    operations = [
        migrations.RemoveField("volunteer", "search_key"),
        migrations.AddField("volunteer", "search_words", SearchWordsField()),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
