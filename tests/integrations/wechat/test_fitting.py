"""A journey or a campaign is refused where its message is not what people subscribed to, and where
it would reward them for subscribing."""

import pytest
from django.utils import translation

from campaigns.broadcasts import contents
from campaigns.journeys import definition, forbidden
from campaigns.models import Template
from integrations.models import SubscribeTemplate
from integrations.wechat.subscribe.channel import KEY
from tests.campaigns.test_purpose import ON_BOOKED, says, step
from tests.factories import a_batch, a_campaign, a_customer
from tests.integrations.wechat.app import a_template, an_app

pytestmark = pytest.mark.django_db
WORDS = {"value1": "{{ booking.name }}", "value2": "3", "value3": "王小明"}


@pytest.fixture
def template() -> SubscribeTemplate:
    return a_template(an_app(), about="booking")


def journey(template, *, trigger=ON_BOOKED, **content) -> list[str]:
    """Why it is refused."""
    said = {"template": template.key, **WORDS, **content}
    steps = {"s1": says("", channel=KEY, content=said)}
    draft = {"v": 2, "trigger": trigger, "start": "s1", "steps": steps}
    with translation.override("en"):
        return forbidden.refused(definition.read(draft))


def test_a_journey_says_what_people_subscribed_to(template):
    assert journey(template) == []
    [why] = journey(template, value1="Sale!")
    assert "names nothing of it" in why
    [why] = journey(template, value3="")
    assert "学员姓名" in why
    SubscribeTemplate.objects.update(about="news")
    [why] = journey(template)
    assert "rule 5.21" in why
    SubscribeTemplate.objects.update(about="")
    [why] = journey(template)
    assert "say first" in why
    SubscribeTemplate.objects.update(is_there=False)
    [why] = journey(template)
    assert "no such template" in why


def test_a_campaign_is_not_launched_with_what_does_not_fit(template):
    said = {"template": template.key, **WORDS}
    text = Template.objects.create(name="t", channel=KEY, purpose="marketing", content=said)
    campaign = a_campaign(a_customer(), template=text)
    with pytest.raises(contents.CannotLaunch):
        contents.checked(campaign)
    SubscribeTemplate.objects.update(about="news")
    text.content = {**said, "value1": "新品"}
    text.save()
    campaign.refresh_from_db()
    assert contents.checked(campaign)[0]["content"]["value1"] == "新品"


def test_no_coupon_for_subscribing(template):
    subscribed = {"trigger": "event", "fields": {"event": "Message Subscribed"}}
    gift = step("issue_coupon", {"batch": a_batch().pk}, next=None)
    draft = {"v": 2, "trigger": subscribed, "start": "s1", "steps": {"s1": gift}}
    with translation.override("en"):
        [why] = forbidden.refused(definition.read(draft))
    assert "rule 5.21" in why
