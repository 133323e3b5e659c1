# The wording that a community prefers to the house's.

import django.db.models.deletion
import linzhu.communities.clock
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('communities', '0003_order_of_asking'),
        ('notifications', '0002_gateway_lines'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalTextOverride',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('key', models.CharField(max_length=40)),
                ('language', models.CharField(choices=[('zh-hans', 'Chinese (Simplified)'), ('en', 'English'), ('bo', 'Tibetan'), ('ug', 'Uyghur')], max_length=8)),
                ('body', models.TextField(max_length=1000, verbose_name='wording')),
                ('changed_at', models.DateTimeField(default=linzhu.communities.clock.now, editable=False)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('changed_by', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('community', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='communities.community')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical own wording',
                'verbose_name_plural': 'historical own wordings',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='TextOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40)),
                ('language', models.CharField(choices=[('zh-hans', 'Chinese (Simplified)'), ('en', 'English'), ('bo', 'Tibetan'), ('ug', 'Uyghur')], max_length=8)),
                ('body', models.TextField(max_length=1000, verbose_name='wording')),
                ('changed_at', models.DateTimeField(default=linzhu.communities.clock.now, editable=False)),
                ('changed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('community', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='text_overrides', to='communities.community')),
            ],
            options={
                'verbose_name': 'own wording',
                'verbose_name_plural': 'own wordings',
                'constraints': [models.UniqueConstraint(fields=('community', 'key', 'language'), name='text_override_once')],
            },
        ),
    ]
