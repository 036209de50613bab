"""Beside each preview: the message as a test to its author; and the page on which they say which
customer they are."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.content import WRITES, posted_batch
from campaigns.delivery import preview, trying
from campaigns.delivery.channels import channels
from crm_project.admin import Form, once
from crm_project.db.clock import database_now
from customers.approval.kinds import Refused
from customers.models import Purpose
from customers.profile.search import find

SENDS, SEES = "campaigns.add_message", "customers.view_customer"


def may_test(user) -> bool:
    return user.has_perm(SENDS) and any(user.has_perm(one) for one in WRITES)


class WhoForm(Form):
    term = forms.CharField(
        label=gettext_lazy("which customer are you?"),
        max_length=200,
        help_text=gettext_lazy(
            "Your own phone, e-mail, member id or openid, as the shop knows you."
        ),
    )


class SendsTests:
    """For the admin of templates; the address serves every page that shows a preview."""

    def test_urls(self):
        view = self.admin_site.admin_view
        return [
            path("test/", view(self.test_view), name="campaigns_template_test"),
            path("test-person/", view(self.who_view), name="campaigns_test_person"),
            path("test-person/<int:pk>/", view(self.who_view), name="campaigns_testperson_change"),
        ]

    def test_view(self, request):
        """The button, for whoever may; posted, what was typed so far goes to its author."""
        if request.method not in ("GET", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        if not may_test(request.user):
            return TemplateResponse(request, "campaigns/test_message.html", {"may": False})
        context = {"may": True, "person": trying.person_of(request.user)}
        if request.method == "POST":
            context |= self.tested(request)
        return TemplateResponse(request, "campaigns/test_message.html", context)

    def tested(self, request) -> dict:
        channel = request.POST.get("channel") or "in_app"
        if channel not in channels:
            return {"refused": _("There is no such channel.")}
        form = channels[channel].Content(request.POST, prefix=channel)
        if not form.is_valid():
            first = next(iter(form.errors.values()))
            return {"refused": _("The text is not right yet: %(why)s") % {"why": first[0]}}
        term, user = request.POST.get("preview_as", "").strip(), request.user
        person = trying.person_of(user)
        chosen = preview.somebody(user, term=term) if term else person and person.customer
        filled = preview.filled(
            {name: text for name, text in form.cleaned_data.items() if text},
            user=user,
            customer=chosen,
            batch=posted_batch(request.POST),
            is_markup=channels[channel].is_markup,
        )
        if "problem" in filled:
            return {"refused": filled["problem"]}
        purpose = request.POST.get("purpose", "")
        try:
            trying.send(
                filled["content"],
                channel=channel,
                purpose=purpose if purpose in Purpose.values else Purpose.MARKETING,
                by=user,
                now=database_now(),
                filled_for=chosen,
            )
        except trying.CannotTest as refused:
            return {"refused": str(refused)}
        return {"is_sent": True}

    @method_decorator(once.sent_once)
    def who_view(self, request, pk: int = 0):
        """Which customer the author is, and whether somebody has confirmed it."""
        if not may_test(request.user) or not request.user.has_perm(SEES):
            raise PermissionDenied
        form = WhoForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            found = find(form.cleaned_data["term"], request.user)
            if len(found) != 1:
                form.add_error("term", _("Nobody is found by this, or more than one."))
            else:
                try:
                    trying.name_oneself(request.user, found[0].customer, database_now())
                    self.message_user(request, _("Somebody else is asked to confirm it."))
                except Refused as refused:
                    self.message_user(request, str(refused), "error")
                page = reverse("admin:campaigns_test_person")
                once.made(request, page)
                return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Your test messages"),
            "form": form,
            "person": trying.person_of(request.user),
            "back": self.list_page(),
        }
        return TemplateResponse(request, "campaigns/test_person.html", context)
