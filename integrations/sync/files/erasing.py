"""Whoever is forgotten is in no import any more: what it wrote of them can not be undone."""

from customers.data_rights.erasing import Eraser
from integrations.models import ImportRow


class OfImports(Eraser):
    key = "imports"

    def erase(self, customers, now):
        ImportRow.objects.filter(origin__in=customers).delete()
