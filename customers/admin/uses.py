"""What is used says by whom, and is not deleted."""

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from customers import uses


def refused(row, found: list[uses.Use]):
    """The sentence, its users as links."""
    users = format_html_join(
        _(", "), '<a class="ht-link" href="{}">{}</a>', ((use.url, use.what) for use in found)
    )
    return format_html(_("“{}” cannot be deleted: it is used by {}."), str(row), users)


class ShowsUses:
    """A column with the number of users, a panel that names them, and no way to delete what has
    any."""

    def enrich(self, rows):
        super().enrich(rows)
        found = uses.of(self.model, [row.pk for row in rows])
        for row in rows:
            row.uses = found[row.pk]

    def page_context(self, request, row):
        return super().page_context(request, row) | {"uses": uses.of(self.model, [row.pk])[row.pk]}

    @display(description=gettext_lazy("used by"))
    def used_by(self, row):
        return len(row.uses)

    def delete_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, unquote(object_id))
        found = uses.of(self.model, [row.pk])[row.pk] if row else []
        if not found:
            return super().delete_view(request, object_id, extra_context)
        self.message_user(request, refused(row, found), messages.ERROR)
        return HttpResponseRedirect(self.page_of(row))

    def get_deleted_objects(self, objs, request):
        """Asked before many are deleted at once, too: one that is used keeps all of them."""
        found = uses.of(self.model, [row.pk for row in objs])
        kept = [refused(row, found[row.pk]) for row in objs if found[row.pk]]
        return ([], {}, set(), kept) if kept else super().get_deleted_objects(objs, request)
