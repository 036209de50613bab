"""The product's addresses, and one that answers nothing after the same signature check."""

from django.http import HttpResponse
from django.urls import path

from crm_project.urls import urlpatterns as product
from integrations.doors import bodies, callers
from integrations.doors.problems import ProblemView


class Null(ProblemView):
    def post(self, request):
        callers.signed_source(request, bodies.read(request))
        return HttpResponse(status=204)


urlpatterns = [path("null", Null.as_view()), *product]
