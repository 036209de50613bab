"""Forgetting a person on the disk of each host: a duty that every host does for itself
(crm_project/hosts/).

An erasure is over when every host that was heard of in the last weeks has said that nothing on its
disk names the person. A host that is away is waited for, unless an administrator declares it gone:
then what waits there is deleted should it ever come back.
"""

from datetime import timedelta

from django.db import connection

from crm_project.hosts import here
from crm_project.hosts.duties import Duty
from crm_project.queue.due import database_now
from customers.data_rights import erasing
from customers.models import Erasure

# A request that was under way when the person was forgotten may be put on the disk after that.
UNDER_WAY = timedelta(seconds=5)
CLEAN = """
UPDATE customers_erasure SET hosts = array_append(hosts, %(host)s)
 WHERE id = %(id)s AND NOT %(host)s = ANY(hosts)
"""


class Sweeps(Duty):
    key = "erasures"

    def work(self):
        under_way = Erasure.objects.exclude(due_at=None).filter(at__lt=database_now() - UNDER_WAY)
        for one in under_way.exclude(hosts__contains=[here.key()]):
            if erasing.sweep_this_host(one):
                with connection.cursor() as cursor:
                    cursor.execute(CLEAN, {"host": here.key(), "id": one.pk})
        return False
