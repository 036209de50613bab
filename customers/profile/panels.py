"""What this room shows on the customer's page: who they are and what we know."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.db import clock
from crm_project.db.clock import Now
from customers.attributes.values import value_of
from customers.attributes.words import attribute
from customers.models import (
    CustomerAttribute,
    FollowUp,
    Identity,
    IdentityClaim,
    Membership,
    Merge,
    Note,
    Segment,
)
from customers.profile import notes
from customers.profile.panel import Panel
from customers.profile.telling_apart import with_features
from customers.profile.timeline_sources import joined_by, person
from customers.segments import rights
from customers.tags import tagging

MOST = 100
NOTES = 10
MOST_ASKED = 300


class Tags(Panel):
    key, label, template = "tags", _("Tags"), "customers/panels/tags.html"
    place = "head"

    def context(self, customer):
        return {"tags": tagging.carried(customer, Now())[:MOST]}


class FollowUps(Panel):
    """What is still to do; who may plan or tick off does so here."""

    key, label, template = "tasks", _("To do"), "customers/panels/tasks.html"
    permission = "customers.view_followup"

    def context(self, customer):
        open_ones = (
            FollowUp.objects.open()
            .filter(customer=customer)
            .select_related("assignee", "role")
            .order_by(F("due_on").asc(nulls_last=True), "pk")
        )
        return {
            "tasks": open_ones[:MOST],
            "today": clock.today(),
            "may_finish": self.user.has_perm("customers.change_followup"),
        }


class Notes(Panel):
    key, label, template = "notes", _("Notes"), "customers/panels/notes.html"
    permission = "customers.view_note"

    def context(self, customer):
        written = list(
            Note.objects.filter(customer=customer)
            .select_related("by")
            .order_by("-at", "-pk")[:NOTES]
        )
        for note in written:
            note.may_be_removed = notes.may_remove(note, self.user)
        return {"notes": written}


class Attributes(Panel):
    key, label, template = "attributes", _("Attributes"), "customers/panels/attributes.html"

    def context(self, customer):
        known = CustomerAttribute.objects.filter(customer=customer).order_by("key")[:MOST]
        # A deleted attribute keeps an empty row, so that an older value arriving late does not
        # bring it back.
        return {
            "attributes": [
                (attribute(a.key), value_of(a), a.occurred_at)
                for a in known
                if a.sealed is not None or a.value is not None
            ]
        }


class Segments(Panel):
    key, label, template = "segments", _("Segments"), "customers/panels/segments.html"
    is_lazy, permission = True, "customers.view_segment"

    def context(self, customer):
        memberships = (
            Membership.objects.filter(customer=customer)
            .select_related("segment")
            .order_by("segment__name")[:MOST]
        )
        shown = [one for one in memberships if rights.sees_people(self.user, one.segment)]
        others = [
            one
            for one in Segment.objects.order_by("name")[:MOST_ASKED]
            if rights.sees_people(self.user, one)
        ]
        return {"memberships": shown, "customer": customer.pk, "others": others}


class Identities(Panel):
    """All of them, with who said so: the head of the page shows the first ones only."""

    key, label, template = "identities", _("Identities"), "customers/panels/identities.html"
    is_lazy = True

    def context(self, customer):
        proven = (
            Identity.objects.filter(customer=customer)
            .select_related("source")
            .order_by("kind", "first_seen_at")[:MOST]
        )
        claimed = (
            IdentityClaim.objects.filter(customer=customer)
            .select_related("source")
            .order_by("kind", "first_seen_at")[:MOST]
        )
        return {"proven": proven, "claimed": claimed}


class Merges(Panel):
    """Whom this customer took in; a wrong one is undone from here."""

    key, label, template = (
        "merges",
        pgettext_lazy("of customers", "Merges"),
        "customers/panels/merges.html",
    )
    is_lazy, permission = True, "customers.view_merge"

    def context(self, customer):
        merges = list(
            Merge.objects.filter(customer=customer)
            .select_related("origin_customer")
            .order_by("-pk")[:MOST]
        )
        for merge in merges:
            merge.person, merge.joined_by = person(merge.by), joined_by(merge.identity)
        with_features([merge.origin_customer for merge in merges], origin=True)
        return {"merges": merges, "may_undo": self.user.has_perm("customers.change_merge")}
