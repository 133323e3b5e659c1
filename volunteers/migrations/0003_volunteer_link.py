import django.db.models.deletion
import linzhu.communities.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('volunteers', '0002_covering_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='VolunteerLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=linzhu.communities.clock.now)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('volunteer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='volunteers.volunteer')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
