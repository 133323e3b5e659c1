import django.db.models.deletion
import linzhu.communities.clock
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('communities', '0003_order_of_asking'),
        ('notifications', '0003_text_override'),
    ]

    operations = [
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('direction', models.CharField(choices=[('out', 'call out'), ('in', 'call in')], default='out', max_length=4)),
                ('about', models.CharField(blank=True, db_index=True, max_length=8)),
                ('phone', models.CharField(db_index=True, max_length=24)),
                ('script', models.CharField(max_length=40)),
                ('params', models.JSONField(default=dict)),
                ('language', models.CharField(max_length=8)),
                ('ring', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('queued', 'waiting'), ('dialling', 'being dialled'), ('unknown', 'unknown whether dialled'), ('accepted', 'handed over'), ('ringing', 'ringing'), ('in-progress', 'on the phone'), ('completed', 'answered'), ('busy', 'busy'), ('no-answer', 'nobody picked up'), ('failed', 'failed'), ('cancelled', 'not dialled any more')], default='queued', max_length=12)),
                ('saying', models.CharField(blank=True, max_length=40)),
                ('keys', models.CharField(blank=True, max_length=20)),
                ('readings', models.PositiveSmallIntegerField(default=0)),
                ('gateway', models.CharField(blank=True, max_length=12)),
                ('gateway_ref', models.CharField(blank=True, max_length=64)),
                ('error_code', models.CharField(blank=True, max_length=40)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=linzhu.communities.clock.now)),
                ('next_attempt_at', models.DateTimeField(default=linzhu.communities.clock.now)),
                ('lease_until', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('handed_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='communities.community')),
            ],
            options={
                'ordering': ['created_at', 'pk'],
                'indexes': [models.Index(condition=models.Q(('settled_at', None)), fields=['settled_at', 'state'], name='call_unsettled'), models.Index(fields=['state', 'next_attempt_at'], name='call_due'), models.Index(fields=['created_at'], name='call_created')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('gateway_ref', ''), _negated=True), fields=('gateway', 'gateway_ref'), name='call_gateway_ref_once'), models.CheckConstraint(condition=models.Q(('ring__gte', 1)), name='call_ring_counts_from_one')],
            },
        ),
        migrations.AlterField(
            model_name='message',
            name='community',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='communities.community'),
        ),
    ]
