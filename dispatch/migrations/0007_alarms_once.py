from django.db import migrations, models
from django.db.models import F

KINDS = ["no-texts", "texts-held"]


def close_second_ones(apps, schema_editor):
    """Two processes may each have told a community the same thing: the first of them stays."""
    Todo = apps.get_model("dispatch", "Todo")
    first = {}
    for todo in Todo.objects.filter(kind__in=KINDS, closed_at=None).order_by("pk"):
        if first.setdefault((todo.community_id, todo.kind), todo.pk) != todo.pk:
            Todo.objects.filter(pk=todo.pk).update(closed_at=F("opened_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('dispatch', '0006_todo_kinds'),
    ]

    operations = [
        migrations.RunPython(close_second_ones, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='todo',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None), ('kind__in', KINDS)), fields=('community', 'kind'), name='todo_about_all_texts_once'),
        ),
    ]
