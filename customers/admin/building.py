"""The parts of the rule's form that the page fetches while somebody writes: conditions, groups,
counts, suggestions."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm_project.admin import themed
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from crm_project.registry import UnknownKey
from customers.models import Segment
from customers.segments import builder, disclosure_control, preview, rights, rules
from customers.segments.draft import Draft, drafted
from customers.segments.starts import starts
from customers.suggestions import suggested, suggesters

MOST_TERM = 200


class BuildsRules:
    """For the admin of segments."""

    def get_urls(self):
        views = {
            "rule/condition/": (
                require_GET(self.condition_view),
                "customers_segment_rule_condition",
            ),
            "rule/group/": (require_GET(self.group_view), "customers_segment_rule_group"),
            "rule/start/": (require_GET(self.start_view), "customers_segment_rule_start"),
            "rule/copy/": (require_POST(self.copy_view), "customers_segment_rule_copy"),
            "rule/paste/": (require_POST(self.paste_view), "customers_segment_rule_paste"),
            "rule/preview/": (require_POST(self.preview_view), "customers_segment_rule_preview"),
            "suggest/<slug:key>/": (require_GET(self.suggest_view), "customers_suggest"),
        }
        view = self.admin_site.admin_view
        return [
            path(route, view(one), name=name) for route, (one, name) in views.items()
        ] + super().get_urls()

    # -- parts

    def condition_view(self, request):
        self.allowed(request)
        try:
            part = builder.new_condition(request.GET.get("key", ""), request.GET.get("parent", ""))
        except UnknownKey:
            return HttpResponseBadRequest()
        if not builder.may_add(type(part.form), request.user):
            raise PermissionDenied
        return self.part_response(request, part)

    def group_view(self, request):
        self.allowed(request)
        return self.part_response(
            request, builder.Part(builder.new_id(), request.GET.get("parent", ""), op="any")
        )

    def start_view(self, request):
        """The parts of a ready-made beginning, for the rule that has none yet."""
        self.allowed(request)
        try:
            definition = starts[request.GET.get("key", "")]().definition()
        except UnknownKey:
            return HttpResponseBadRequest()
        if not request.user.has_perms(rules.needs(definition)):
            raise PermissionDenied
        rule = builder.from_definition(definition)
        return HttpResponse("".join(self.rendered(request, part) for part in rule.of))

    def copy_view(self, request):
        """A posted part as the JSON that would be stored of it."""
        self.allowed(request)
        part = builder.found(builder.from_post(request.POST), request.GET.get("part", ""))
        return (
            HttpResponseBadRequest()
            if part is None
            else JsonResponse(part.definition(), json_dumps_params={"ensure_ascii": False})
        )

    def paste_view(self, request):
        self.allowed(request)
        try:
            return self.part_response(
                request, builder.pasted(request.POST.get("json", ""), request.GET.get("parent", ""))
            )
        except rules.InvalidRule as invalid:
            return HttpResponseBadRequest(
                " ".join(invalid.messages), content_type="text/plain; charset=utf-8"
            )

    def part_response(self, request, part):
        return HttpResponse(self.rendered(request, part))

    def rendered(self, request, part) -> str:
        return render_to_string(
            "customers/segments/part.html",
            {"part": themed_rule(part), "menu": builder.menu(request.user)},
            request,
        )

    # -- counts

    def preview_view(self, request):
        """How many each part means, what is wrong with which field, and the whole as people read
        it. `quick` asks for an estimate."""
        self.allowed(request)
        segment, now = self.edited(request), database_now()
        draft = drafted(builder.from_post(request.POST), inside=segment, user=request.user)
        discreetly = not request.user.has_perms(rules.permissions(draft.definition or {}))
        try:
            if draft.definition is None:
                found = None
            elif "quick" in request.GET:
                found = None if discreetly else preview.estimate(draft, now, user=request.user.pk)
                if found is None:
                    return JsonResponse({})
            else:
                found = preview.exact(
                    draft,
                    now,
                    user=request.user.pk,
                    segment=segment,
                    discreetly=request.user if discreetly else None,
                )
        except preview.Superseded:
            return HttpResponse(status=204)
        except disclosure_control.AskedTooMuch:
            disclosure_control.write_down(request.user)
            return JsonResponse(self.told(request, draft, None, more={"asked_too_much": True}))
        return JsonResponse(self.told(request, draft, found, discreetly=discreetly))

    def told(
        self,
        request,
        draft: Draft,
        found: preview.Preview | None,
        *,
        discreetly: bool = False,
        more: dict | None = None,
    ) -> dict:
        counts = (
            {part: self.counted(n, found, discreetly) for part, n in found.counts.items()}
            if found
            else {}
        )
        context = {
            "preview": found,
            "draft": draft,
            "whole": counts.get(builder.ROOT),
            "everyone": f"{found.everyone:,}" if found else "",
        }
        context |= {"is_discreet": discreetly, **(more or {})}
        context["sentence"] = rules.sentence(draft.definition) if draft.definition else ""
        return {
            "counts": counts,
            "problems": {
                **draft.problems,
                **({part: {"": [text]} for part, text in found.failed.items()} if found else {}),
            },
            "is_exact": bool(found and found.is_exact),
            "html": render_to_string("customers/segments/preview.html", context, request),
        }

    def counted(self, n: int, found: preview.Preview, discreetly: bool) -> dict:
        if discreetly and n < rights.FEW:
            return {
                "n": "",
                "text": _("fewer than %(n)d") % {"n": rights.FEW},
                "share": "",
                "is_exact": True,
            }
        if discreetly and 0 < found.everyone - n < rights.FEW:
            return {
                "n": "",
                "text": _("all but fewer than %(n)d") % {"n": rights.FEW},
                "share": "",
                "is_exact": True,
            }
        share = share_of(n, found.everyone)
        return {
            "n": n,
            "text": f"{n:,}" if found.is_exact else f"{rounded(n):,}",
            "share": share,
            "is_exact": found.is_exact,
        }

    def edited(self, request) -> int | None:
        """The segment by rule whose page asks; None while it is new."""
        said = whole_in(request.POST.get("rule-segment", ""))
        rows = Segment.objects.filter(pk=said, kind=Segment.Kind.RULE)
        return None if said is None else rows.values_list("pk", flat=True).first()

    def allowed(self, request) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    # -- suggestions

    def suggest_view(self, request, key):
        if key not in suggesters:
            return HttpResponseBadRequest()
        if not request.user.has_perm(suggesters[key].permission):
            raise PermissionDenied
        about = {
            name: value.replace("\0", "")[:MOST_TERM]
            for name, value in request.GET.items()
            if name != "q"
        }
        return JsonResponse(
            {"found": suggested(key, request.GET.get("q", ""), about, request.user)}
        )


def share_of(n: int, everyone: int) -> str:
    """A share as people say it: 12 %, 0.3 %."""
    percent = 100 * n / everyone if everyone else 0
    return (
        f"{percent:.0f} %"
        if percent >= 10 or percent == 0
        else f"{percent:.1f} %"
        if percent >= 0.1
        else "< 0.1 %"
    )


def rounded(n: int) -> int:
    """To two figures: an estimate claims no more."""
    step = 10 ** max(0, len(str(n)) - 2)
    return round(n / step) * step


def themed_rule(part: builder.Part) -> builder.Part:
    for form in builder.forms_of(part):
        for field in form.fields.values():
            if hasattr(field, "queryset"):
                field.widget.attrs["data-searchable"] = ""
        themed(form)
    return part
