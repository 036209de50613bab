"""What staff can do from a customer's page: the seam to which each room adds, one class and one
line in CRM_PROFILE_ACTIONS."""

import uuid

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm_project.registry import Registry
from customers.models import Customer


class ActionRefused(Exception):
    """It was not done; in words for whoever asked."""


class Action:
    """One thing to do with one customer. An instance serves one request of `user`."""

    key = ""
    label = ""
    icon = ""
    permission = ""
    button = ""  # what the form's button says; the label where it is empty
    style = "primary"  # "danger" where it takes something away
    note = ""  # what one should know before filling in the form
    is_listed = True  # False where another part of the page offers it
    is_page = False  # True where it needs a page of its own; then `address` says which
    template = "customers/actions/form.html"
    Form: type[forms.Form] = forms.Form

    def __init__(self, customer: Customer, user):
        self.customer, self.user = customer, user

    def form(self, data=None, initial: dict | None = None) -> forms.Form:
        return self.Form(data, initial=initial)

    def parts(self, form: forms.Form) -> list[forms.Form]:
        """All forms that the page shows: the form, and those inside it."""
        return [form]

    def review(self, data: dict, now) -> dict | None:
        """What is shown for confirmation before it is done: {"template": …, and what it shows}.
        None: it is done at once.

        Whatever cannot be undone asks so.
        """
        return None

    def carry_out(self, data: dict, now) -> str:
        """It is done, audited, and said in a sentence. Raises Refused."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        return reverse("customer_action", args=[self.customer.public_id, self.key])

    def leads_to(self) -> str:
        """Where one is when it is done."""
        return self.customer.get_absolute_url()


actions: Registry["Action"] = Registry("CRM_PROFILE_ACTIONS", "customers.profile.actions.Action")


def may_do(action: type[Action], user) -> bool:
    return user.has_perm(action.permission)


def offered(customer: Customer, user) -> list[Action]:
    """The buttons of the page: nothing is done with those who were merged away or erased."""
    if customer.merged_into_id or customer.erased_at:
        return []
    return [
        action(customer, user) for action in actions if action.is_listed and may_do(action, user)
    ]


def do(action: Action, data: dict, now) -> str:
    """In one transaction, with the customer's row locked: nobody merges or erases them meanwhile.
    Raises Refused."""
    with transaction.atomic():
        if (
            not Customer.objects.alive()
            .select_for_update(no_key=True)
            .filter(pk=action.customer.pk)
            .exists()
        ):
            raise ActionRefused(_("This customer was merged with another or erased meanwhile."))
        return action.carry_out(data, now)


class OnceForm(forms.Form):
    """Sent twice, by a double click or a reload, it is done once: `once` is part of the effect's
    key."""

    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = self.new_key

    @cached_property
    def new_key(self) -> str:
        return str(uuid.uuid4())
