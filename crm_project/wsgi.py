import os

from django.core.wsgi import get_wsgi_application

from crm_project.runtime import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
# The server's processes load this file; under `up` they must not outlive the one that started them.
lifeline.hold_if_asked()

application = get_wsgi_application()
