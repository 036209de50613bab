"""Who looks after whom, and the stores; segments follow."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

watch = import_module("customers.migrations.0002_changed_customers").watch


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0033_approval'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Store',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100, verbose_name='key')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('is_active', models.BooleanField(db_default=True, default=True, verbose_name='active')),
                ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.namespace', verbose_name='namespace')),
            ],
            options={
                'verbose_name': 'store',
                'verbose_name_plural': 'stores',
            },
        ),
        migrations.CreateModel(
            name='Owner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('is_current', models.BooleanField(default=True, editable=False)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
                ('origin_customer', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('staff', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('store', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.store', verbose_name='store')),
            ],
            options={
                'verbose_name': 'owner',
                'verbose_name_plural': 'owners',
            },
        ),
        migrations.AddConstraint(
            model_name='store',
            constraint=models.UniqueConstraint(fields=('namespace', 'key'), name='store_is_unique'),
        ),
        migrations.AddIndex(
            model_name='owner',
            index=models.Index(fields=['customer', '-since'], name='owner_history'),
        ),
        migrations.AddIndex(
            model_name='owner',
            index=models.Index(condition=models.Q(('is_current', True)), fields=['staff'], name='owner_staff'),
        ),
        migrations.AddIndex(
            model_name='owner',
            index=models.Index(condition=models.Q(('is_current', True)), fields=['store'], name='owner_store'),
        ),
        migrations.AddConstraint(
            model_name='owner',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('origin_customer',), name='owner_is_one'),
        ),
        watch("customers_owner", "owner"),
    ]
