"""What needs a second pair of eyes, and what they decided."""


import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from crm_project.db.clock import Now


def keep_approvals(apps, _schema_editor):
    """Their term needs nobody's word: there are none yet."""
    apps.get_model("customers", "Retention").objects.get_or_create(
        kind="approvals", defaults={"due_at": Now(), "agreed_at": Now()}
    )


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0032_trade'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='workspace',
            name='approval_above',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: none does.', null=True, verbose_name='acts on more customers than this need approval'),
        ),
        migrations.AddField(
            model_name='workspace',
            name='approvals',
            field=models.JSONField(blank=True, db_default=[], default=list, help_text='Nothing of it is done before somebody else has looked at it as it is.', verbose_name="what needs somebody's approval"),
        ),
        migrations.AddField(
            model_name='workspace',
            name='approves_own',
            field=models.BooleanField(db_default=False, default=False, help_text='For a team of one. Otherwise four eyes are held by the database.', verbose_name='who asks may approve it too'),
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30, verbose_name='what')),
                ('object_id', models.BigIntegerField(editable=False)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('content', models.JSONField(editable=False)),
                ('state', models.CharField(choices=[('requested', 'waiting for approval'), ('approved', 'approved'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn'), ('used', 'carried out')], default='requested', editable=False, max_length=10, verbose_name='state')),
                ('requested_at', models.DateTimeField(verbose_name='asked')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('by_themselves', models.BooleanField(default=False, editable=False)),
                ('used_at', models.DateTimeField(null=True, verbose_name='carried out')),
                ('note', models.TextField(blank=True, default='', max_length=1000, verbose_name='note')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
            ],
            options={
                'verbose_name': 'approval',
                'verbose_name_plural': 'approvals',
                'permissions': [('decide_approval', 'Can approve or reject what others ask for')],
                'indexes': [models.Index(fields=['kind', 'object_id', '-id'], name='approval_of'), models.Index(fields=['state', '-id'], name='approval_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'requested')), fields=('kind', 'object_id'), name='approval_is_asked_once'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'used']), _negated=True), ('by_themselves', True), ('requested_by', None), ('decided_by', None), models.Q(('decided_by', models.F('requested_by')), _negated=True), _connector='OR'), name='approval_by_another')],
            },
        ),
        migrations.RunPython(keep_approvals, migrations.RunPython.noop),
    ]
