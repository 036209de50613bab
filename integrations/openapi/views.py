"""The description and its page, both served from here: no script, style or font comes from
elsewhere."""

from django.utils import translation
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; frame-ancestors 'none'"
)


class Description(SpectacularAPIView):
    """In English, whatever the language of the pages: programs are made of it."""

    permission_classes: list = []

    def _get_schema_response(self, request):
        with translation.override("en"):
            return super()._get_schema_response(request)


class Docs(SpectacularSwaggerSplitView):
    """Its script is a file of its own, so that a strict policy of content holds it."""

    permission_classes: list = []
    url_name = "schema"

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Content-Security-Policy"] = CSP
        return response
