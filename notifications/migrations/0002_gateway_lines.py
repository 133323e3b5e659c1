import django.db.models.deletion
import linzhu.communities.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('communities', '0001_initial'),
        ('notifications', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='GatewayLine',
            fields=[
                ('name', models.CharField(max_length=12, primary_key=True, serialize=False)),
                ('busy_until', models.DateTimeField(default=linzhu.communities.clock.now)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('down_since', models.DateTimeField(null=True)),
                ('rests_until', models.DateTimeField(null=True)),
                ('read_up_to', models.DateTimeField(default=linzhu.communities.clock.now)),
                ('next_reading_at', models.DateTimeField(default=linzhu.communities.clock.now)),
                ('next_long_reading_at', models.DateTimeField(default=linzhu.communities.clock.now)),
            ],
        ),
        migrations.AddField(
            model_name='message',
            name='again_of',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='again', to='notifications.message'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['handed_at', 'community', 'to', 'parts'], name='message_handed'),
        ),
    ]
