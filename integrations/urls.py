from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema

from integrations import booking_page, preferences, replies
from integrations.admin import mailbox, ways_in
from integrations.doors.cors import PageAccess
from integrations.doors.formats import formats
from integrations.doors.problems import Absent
from integrations.doors.webhooks import DoorView
from integrations.email import picture_pages
from integrations.openapi.views import Description, Docs
from integrations.privacy import personal_data
from integrations.server_api.urls import READS
from integrations.wechat.subscribe.door import Subscriptions


def asked_or_told(read, door):
    """GET goes to `read`, everything else to `door`."""

    @csrf_exempt  # both carry keys or signatures and no cookies
    def view(request, *args, **kwargs):
        return (read if request.method in {"GET", "HEAD"} else door)(request, *args, **kwargs)

    view.cls, view.initkwargs = read.cls, read.initkwargs  # what drf-spectacular looks for
    return view


def view_of(door):
    view = DoorView.as_view(
        door=door, http_method_names=[method.lower() for method in door.methods]
    )
    if door.path in READS:
        view = asked_or_told(READS[door.path].as_view(), view)
    if door.is_for_pages:
        view.reach = PageAccess(door.key, door.methods)
    return view


urlpatterns = [path(door.path, view_of(door)) for entry in formats for door in entry.doors()]
urlpatterns += [path(address, view) for entry in formats for address, view in entry.asked.items()]
urlpatterns += [
    path("", include("integrations.server_api.urls")),
    path("", include("integrations.member_api.urls")),
    path("api/v1/me/subscriptions", Subscriptions.as_view()),
    path("api/schema", Description.as_view(), name="schema"),
    path("api/docs", Docs.as_view(), name="docs"),
    path("b/<str:code>", booking_page.answer),
    path("l/<str:code>", replies.click),
    path("o/<str:code>.gif", replies.opened),
    path("u/<str:code>", replies.unsubscribe),
    path("u/<str:code>/choices", preferences.preferences, name="preferences"),
    path("p/<uuid:key>.jpg", picture_pages.picture, {"kind": "jpg"}),
    path("p/<uuid:key>.png", picture_pages.picture, {"kind": "png"}),
    path("letter-pictures/", picture_pages.brought, name="letter_pictures"),
    path(
        "letter-pictures/<uuid:key>/delete/",
        picture_pages.taken_away,
        name="letter_picture_delete",
    ),
    path("ways-in/", ways_in.ways_in, name="ways_in"),
    path("ways-in/<int:pk>/replay/", ways_in.replay, name="ways_in_replay"),
    path("personal-data/", personal_data.listed, name="personal_data"),
    path("mailbox/", mailbox.letters, name="mailbox"),
    path("mailbox/<str:key>/", mailbox.letter, name="mailbox_letter"),
    # Whoever calls these reads JSON, whatever they mistyped.
    re_path(r"^(?:api|v1|sa|debug)(?:[/.].*)?$", extend_schema(exclude=True)(Absent).as_view()),
]
