"""The page of what waits for approval, and the acts that wait for it."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from campaigns.models import Campaign
from crm_project import roles
from customers.models import Approval
from tests.admin.rows import ROWS
from tests.factories import a_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def page_of_role(client):
    """Calls a page as somebody of this role."""
    a_workspace(approvals=["campaign"])
    roles.make()

    def call(role, method, address, **data):
        user, is_new = User.objects.get_or_create(username=role, defaults={"is_staff": True})
        if is_new:
            user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return getattr(client, method)(address, data, follow=True)

    return call


def act(row, name):
    model = row._meta
    return reverse(f"admin:{model.app_label}_{model.model_name}_act", args=[row.pk, name])


def test_from_asking_to_launching(page_of_role):
    campaign = ROWS[Campaign]()
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    page = page_of_role("Marketer 营销", "get", address).content.decode()
    assert act(campaign, "ask_approval") in page
    assert act(campaign, "launch") not in page
    page_of_role("Marketer 营销", "post", act(campaign, "launch"))
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.DRAFT

    page_of_role("Marketer 营销", "post", act(campaign, "ask_approval"))
    asked = Approval.objects.get()
    page = page_of_role("Marketer 营销", "get", address).content.decode()
    assert act(campaign, "ask_approval") not in page
    own = reverse("admin:customers_approval_change", args=[asked.pk])
    page = page_of_role("Marketer 营销", "get", own).content.decode()
    assert 'data-act="withdraw"' in page
    assert 'data-act="approve"' not in page

    listed = reverse("admin:customers_approval_changelist")
    page = page_of_role("Approver 审批", "get", listed).content.decode()
    assert 'data-figure="approvals_waiting" data-value="1"' in page
    index = page_of_role("Approver 审批", "get", reverse("admin:index")).content.decode()
    assert f"{listed}?state__exact=requested" in index
    page = page_of_role("Approver 审批", "get", own).content.decode()
    assert 'data-act="approve"' in page
    page_of_role("Approver 审批", "post", act(asked, "approve"), note="looks right")
    asked.refresh_from_db()
    assert (asked.state, asked.note) == (Approval.State.APPROVED, "looks right")

    page_of_role("Marketer 营销", "post", act(campaign, "launch"))
    campaign.refresh_from_db()
    assert campaign.status != Campaign.Status.DRAFT


def test_who_may_not_see_what_is_asked_for_does_not_see_the_question(page_of_role):
    asked = ROWS[Approval]()
    address = reverse("admin:customers_approval_change", args=[asked.pk])
    for role in ("Staff 客服", "Analyst 分析", "Integrator 对接"):
        assert page_of_role(role, "get", address).status_code in (302, 403, 404)
