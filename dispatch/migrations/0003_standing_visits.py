from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dispatch', '0002_visit_steps'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('status', 'standing')), fields=['volunteer'], name='visit_standing'),
        ),
    ]
