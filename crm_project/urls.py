from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView


class Icon(RedirectView):
    def get_redirect_url(self):
        return static("hutong/logo.svg")


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    # Where a page does not name its icon, browsers look here.
    path("favicon.ico", Icon.as_view()),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("campaigns.urls")),
    path("customers/", include("customers.urls")),
    path("", include("integrations.urls")),
]
