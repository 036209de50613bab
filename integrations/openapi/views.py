"""The description and its page, both served from here: no script, style or font comes from elsewhere."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

CSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"


class Description(SpectacularAPIView):
    permission_classes: list = []


class Docs(SpectacularSwaggerSplitView):
    """Its script is a file of its own, so that a strict policy of content holds it."""

    permission_classes: list = []
    url_name = "schema"

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Content-Security-Policy"] = CSP
        return response
