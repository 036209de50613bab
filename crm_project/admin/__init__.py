"""The admin's common ground: every page of ours is built from this.

In: a model or a form. Out: its pages in the theme, with revisions, forms that count once, filters
that an index answers, and times in the workspace's zone.
"""

from django.contrib import admin
from django.urls import path

from crm_project.admin import accounts, all_there_is, hosts, jobs, schedules, uploads, waiting
from crm_project.admin.base import ModelAdmin, ReadOnly, StackedInline, TabularInline, act
from crm_project.admin.columns import Colours, link, money, state
from crm_project.admin.filters import Days
from crm_project.admin.themed_forms import Form, themed
from crm_project.guides.view import guide_view
from crm_project.login import second_step
from crm_project.login.form import LoginForm
from crm_project.login.step_up import steps_up

admin.site.login_form = LoginForm
admin.site.get_app_list = all_there_is.when_asked(admin.site.get_app_list)
admin.site.password_change = accounts.own_password(admin.site.password_change)
# The theme's site asks for pages that belong to no model; rooms add theirs.
pages = [
    path("guides/<slug:guide>/", admin.site.admin_view(guide_view), name="guide"),
    path("hosts/", admin.site.admin_view(hosts.hosts_view), name="hosts"),
    path("waiting/", admin.site.admin_view(waiting.waiting_view), name="waiting"),
    path("second-step/", admin.site.admin_view(second_step.ask_view), name="second_step"),
    path(
        "second-step/set-up/",
        admin.site.admin_view(second_step.set_up_view),
        name="second_step_set_up",
    ),
    path("files/", admin.site.admin_view(uploads.begin_view), name="upload"),
    path(
        "files/<uuid:public_id>/", admin.site.admin_view(uploads.status_view), name="upload_status"
    ),
    path(
        "files/<uuid:public_id>/<int:number>/",
        admin.site.admin_view(uploads.part_view),
        name="upload_part",
    ),
]
admin.site.extra_urls = lambda: pages

__all__ = [
    "Colours",
    "Days",
    "Form",
    "ModelAdmin",
    "ReadOnly",
    "StackedInline",
    "TabularInline",
    "accounts",
    "act",
    "jobs",
    "link",
    "money",
    "pages",
    "schedules",
    "state",
    "steps_up",
    "themed",
    "uploads",
    "waiting",
]
