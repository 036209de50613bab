"""Subscribe messages of WeChat: who can still be written to, how often, and when to ask again."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from crm_project.admin import ModelAdmin
from crm_project.queue.due import database_now
from integrations.models import Grant, SubscribeTemplate
from integrations.outbound.client import CallFailed
from integrations.wechat import errors
from integrations.wechat.subscribe import templates

Kind, About = SubscribeTemplate.Kind, SubscribeTemplate.About
# When people are asked so that they see why: by what a template is about.
ASK = {
    About.BOOKING: gettext_lazy("Ask when they book, and after each lesson or visit."),
    About.ORDER: gettext_lazy("Ask when they have paid, before they leave the page of the order."),
    About.ACCOUNT: gettext_lazy("Ask when they look at their card, points or balance."),
    About.COUPON: gettext_lazy("Ask when they look at their coupons: shall we remind you?"),
    About.NEWS: gettext_lazy("Ask where they look for such news, with a button of its own."),
    About.UNSTATED: gettext_lazy("Say first what people subscribe to."),
}


@admin.register(SubscribeTemplate)
class SubscribeTemplateAdmin(ModelAdmin):
    list_display = ("title_or_key", "app", "kind", "about", "people", "messages_left", "used_up")
    list_filter = ("connection", "kind", "about", "is_there")
    list_select_related = ("connection",)
    list_top = "wechat/templates_top.html"
    search_fields = ("title", "key")
    ordering = ("-is_there", "title", "pk")
    fields = (("about", "promise"), ("every", "counted_by"))
    panels_above = ("wechat/template.html",)
    when_empty = gettext_lazy(
        "Pick templates in WeChat's console (订阅消息), connect the mini-program, then read them"
        " here."
    )

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view(self.read_view)
        return [
            path("read/", view, name="integrations_subscribetemplate_read"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        more = {"apps": templates.apps(), "may_read": self.has_change_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def read_view(self, request):
        """The templates of all apps are as WeChat has them now. Not inside a transaction, since a
        token may have to be fetched; read twice they are the same."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        for app in templates.apps():
            try:
                n = templates.sync(app, now=database_now())
            except CallFailed as failed:
                words = f"{app}: {errors.in_words(str(failed))}"
                self.message_user(request, words, messages.ERROR)
            else:
                words = _("%(app)s: %(n)s templates were read.") % {"app": app, "n": n}
                self.message_user(request, words)
        return HttpResponseRedirect(reverse("admin:integrations_subscribetemplate_changelist"))

    def enrich(self, rows):
        counts = numbers([row.pk for row in rows])
        for row in rows:
            row.counts = counts.get(row.pk, {})

    def page_context(self, request, row):
        counts = numbers([row.pk]).get(row.pk, {})
        return {
            "counts": counts,
            "ask": ASK[About(row.about)],
            "is_long_term": row.is_long_term,
            "keywords": [{**one, "rule": templates.rule_words(one)} for one in row.keywords],
        }

    @display(description=gettext_lazy("template"), ordering="title")
    def title_or_key(self, row):
        return str(row)

    @display(description=gettext_lazy("mini-program"), ordering="connection")
    def app(self, row):
        return str(row.connection)

    @display(description=gettext_lazy("people who can be written to"))
    def people(self, row):
        return row.counts.get("people", 0)

    @display(description=gettext_lazy("messages left"))
    def messages_left(self, row):
        return _("any number") if row.is_long_term else row.counts.get("left", 0)

    @display(description=gettext_lazy("people with none left"))
    def used_up(self, row):
        return row.counts.get("used_up", 0)


def numbers(ids: list[int]) -> dict[int, dict]:
    """By template: people who can be written to, messages left, people who have none left any more,
    the last accept."""
    free = Q(state=Grant.State.FREE)
    rows = Grant.objects.filter(template__in=ids, is_withdrawal=False).values("template")
    rows = rows.annotate(
        people=Count("customer", filter=free, distinct=True),
        all=Count("customer", distinct=True),
        left=Count("pk", filter=free),
        last=Max("accepted_at"),
    )
    return {row["template"]: {**row, "used_up": row["all"] - row["people"]} for row in rows}
