"""Customers that were joined, and those that may have to be."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm_project.admin import Days, ModelAdmin, ReadOnly, act, link
from crm_project.queue.due import database_now
from customers.identity import conflicts, merging
from customers.models import IdentityConflict, Merge


@admin.register(Merge)
class MergeAdmin(ReadOnly, ModelAdmin):
    list_display = ("customer_link", "loser_link", "identity", "by", "at", "undone_at")
    list_display_links = ("at",)
    list_filter = (("at", Days), ("undone_at", admin.EmptyFieldListFilter))
    list_select_related = ("customer", "origin_customer")
    ordering = ("-pk",)
    fields = (("customer", "loser_link"), "identity", ("by", "at"), "undone_at", "moved", "error")
    acts = ("undo",)

    customer_link = link("customer", _("customer"))
    loser_link = link("origin_customer", _("took in"))

    @act(
        _("Undo this merge"),
        icon="undo",
        style="danger",
        confirm=_(
            "Everything that arrived for the other customer goes back to them. Undo the merge?"
        ),
        shown=lambda merge: merge.undone_at is None,
        refusals=(merging.CannotUndo,),
    )
    def undo(self, request, merge):
        merging.undo(merge, by=str(request.user), user=request.user, now=database_now())
        self.message_user(request, _("The two customers are apart again."))


@admin.register(IdentityConflict)
class ConflictAdmin(ReadOnly, ModelAdmin):
    list_display = ("first_link", "second_link", "reason", "source", "at", "settled_at")
    list_display_links = ("at",)
    list_filter = (("settled_at", admin.EmptyFieldListFilter), ("at", Days))
    list_select_related = ("first", "second", "source")
    ordering = ("-pk",)
    fields = (("first", "second"), "reason", ("source", "at"), "settled_at")
    acts = ("join", "leave")

    first_link = link("first", _("first customer"))
    second_link = link("second", _("second customer"))

    @act(
        _("They are one: merge"),
        icon="merge",
        style="primary",
        confirm=_("Everything of the later customer moves to the earlier one. This can be undone."),
        shown=lambda conflict: conflict.settled_at is None,
        refusals=(conflicts.CannotJoin,),
    )
    def join(self, request, conflict):
        conflicts.join(conflict, by=request.user, now=database_now())
        self.message_user(request, _("The two customers are one."))

    @act(
        _("They are two: leave them apart"),
        icon="call_split",
        shown=lambda conflict: conflict.settled_at is None,
    )
    def leave(self, request, conflict):
        conflicts.leave(conflict, by=request.user, now=database_now())
        self.message_user(request, _("They stay two customers."))
