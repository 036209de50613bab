"""The calls of the mini-program itself."""

from django.urls import path

from integrations.member_api.messages import MarkOwnRead, OwnMessages
from integrations.member_api.phones import Phone
from integrations.member_api.session import Session

urlpatterns = [
    path("api/v1/session", Session.as_view()),
    path("api/v1/me/phone", Phone.as_view()),
    path("api/v1/me/messages", OwnMessages.as_view()),
    path("api/v1/me/messages/read", MarkOwnRead.as_view()),
]
