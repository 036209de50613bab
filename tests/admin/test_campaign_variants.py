"""A campaign's form and pages with variants: what is typed, checked, refused, decided; in words."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from campaigns.broadcasts import launching, slots
from campaigns.models import Assignment, Campaign, CampaignSlot, Message, SendingFigure
from crm_project.queue.due import database_now
from customers.segments import membership
from events.models import Product
from tests.factories import (
    NOW,
    a_batch,
    a_campaign,
    a_member,
    a_namespace,
    a_segment,
    a_source,
    a_template,
    a_workspace,
    an_order,
)

pytestmark = pytest.mark.django_db
ADD = "/admin/campaigns/campaign/add/"


@pytest.fixture(autouse=True)
def workspace():
    return a_workspace(caps=None, time_zone="UTC")


@pytest.fixture
def boss():
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.create_superuser("boss"))
    return client


def typed(**more) -> dict:
    """What a browser sends of a campaign of two variants, half-filled fields among it."""
    segment = more.pop("segment", None) or a_segment(*(a_member() for _n in range(4)))
    values = {
        "name": "Tea",
        "segment": segment.pk,
        "template": a_template(content={"title": "A", "body": "a"}).pk,
        "b_template": a_template(content={"title": "B", "body": "b"}).pk,
        "b_hours": "0",
        "variants": "2",
        "test_percent": "50",
        "metric": "clicked",
        "decide_hours": "48",
        "to_rest": "winner",
        "holdout_percent": "20",
        "when": "now",
    }
    return {name: value for name, value in (values | more).items() if value is not None}


def errors_of(answer) -> str:
    return " ".join(re.findall(r"<li>([^<]*)</li>", answer.content.decode())) or " ".join(
        str(error) for error in answer.context["adminform"].form.errors.values()
    )


def test_what_is_typed_of_variants_is_kept(boss):
    batch = a_batch()
    boss.post(ADD, typed(b_coupon_batch=batch.pk, b_share="30"))
    made = Campaign.objects.get()
    assert (made.variants, made.b_share, made.b_coupon_batch) == (2, 30, batch)
    assert (made.test_percent, made.metric, made.decide_hours) == (50, "clicked", 48)
    assert (made.to_rest, made.holdout_percent) == ("winner", 20)
    assert made.c_template is None


def test_with_one_variant_the_rest_of_the_form_says_nothing(boss):
    odd = {"test_percent": "", "decide_hours": "", "b_hours": "x", "b_share": "200"}
    boss.post(ADD, typed(variants="1", **odd))
    made = Campaign.objects.get()
    assert (made.variants, made.b_template, made.b_share, made.b_hours) == (1, None, None, 0)
    assert (made.test_percent, made.metric, made.decide_hours) == (100, "bought", 72)


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"variants": "3", "b_share": "60", "c_share": "40"}, "less than 100 together"),
        ({"variants": "7"}, "Select a valid choice"),
        ({"b_hours": "48"}, "Later than the last variant leaves"),
        ({"test_percent": "0"}, "greater than or equal to 1"),
        ({"test_percent": "1e9"}, "Enter a whole number"),
        ({"metric": "liked"}, "Select a valid choice"),
        ({"b_template": "999999"}, "Select a valid choice"),
        ({"holdout_percent": "91"}, "less than or equal to 90"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(boss, odd, words):
    answer = boss.post(ADD, typed(**odd))
    assert answer.status_code == 200
    assert words in errors_of(answer)
    assert not Campaign.objects.exists()


def test_a_variant_of_another_purpose_is_refused(boss):
    other = a_template(purpose="service", content={"title": "B", "body": "b"})
    assert "same channel and purpose" in errors_of(boss.post(ADD, typed(b_template=other.pk)))


@pytest.mark.parametrize(("few", "percent"), [(1000, 0), (3, 10)])
def test_a_holdout_is_proposed_where_it_can_tell_anything(boss, monkeypatch, few, percent):
    from campaigns import experiments

    monkeypatch.setattr(experiments, "FEWEST_FOR_HOLDOUT", few)
    boss.post(ADD, typed(holdout_percent=""))
    assert Campaign.objects.get().holdout_percent == percent


def check(client, **more) -> str:
    return client.post("/admin/campaigns/campaign/check/", typed(**more)).content.decode()


def test_the_check_shows_about_how_many_get_which(boss):
    people = [a_member() for _n in range(40)]
    text = check(boss, segment=a_segment(*people), holdout_percent="10", b_share="25")
    rows = re.findall(
        r'<th scope="row">(.*?)</th>.*?<td class="ht-number">([\d,]+)</td></tr>', text
    )
    # 36 of 40 are not held out, half of them in the test: a quarter of that for B
    assert rows[-3:] == [("A", "14"), ("B", "4"), ("the others", "18")]
    assert "too few did what counts lately" in text


def test_the_check_says_how_many_people_it_would_take(boss):
    source = a_source()
    people = [a_member() for _n in range(40)]
    for one in people[:10]:
        an_order(one, source=source, paid_at=database_now())
    text = check(boss, segment=a_segment(*people), metric="bought", test_percent="100")
    assert "Too few to tell the variants apart" in text
    assert "25.0%" in text
    needed = int(re.search(r"seen among about ([\d,]+)", text).group(1).replace(",", ""))
    assert 2_000 < needed < 3_000  # 25 % against 30 %, four times of five
    assert "Too few to see what this does" in text


def test_so_few_people_get_no_control_group(boss):
    text = check(boss, holdout_percent="")
    assert "nobody is held out" in text
    assert "control group." not in text


def test_clicks_are_foreseen_by_what_was_clicked_lately(boss):
    zeros = dict.fromkeys(
        ("delivered", "opened", "machine_opened", "machine_clicked", "unsubscribed"), 0
    )
    SendingFigure.objects.create(
        of="campaign:1",
        month="2026-11-01",
        day=database_now().date(),
        channel="in_app",
        arm="treated",
        state="sent",
        n=1000,
        clicked=100,
        cost=0,
        orders=0,
        net_fen=0,
        gain_fen=0,
        **zeros,
    )
    assert "10.0%" in check(boss)


def test_coupons_of_each_variant_are_counted(boss):
    people = [a_member() for _n in range(40)]
    batch = a_batch(stock=5)
    text = check(boss, segment=a_segment(*people), b_coupon_batch=batch.pk, test_percent="100")
    assert "has 5 coupons left" in text


def test_bad_input_of_the_check_is_no_error(boss):
    for odd in ("x", "-1", "1" * 30, "٣", "\x00", "1e5"):
        names = ("variants", "b_share", "c_share", "b_hours", "test_percent", "decide_hours")
        fields = dict.fromkeys((*names, "holdout_percent", "b_template", "c_coupon_batch"), odd)
        for several in ({}, {"variants": "3"}):
            answer = boss.post("/admin/campaigns/campaign/check/", typed(**fields) | several)
            assert answer.status_code == 200


# -- decided on its page


def running(**more) -> tuple[Campaign, CampaignSlot]:
    members = [a_member() for _n in range(40)]
    other = a_template(content={"title": "B", "body": "b"})
    values = {"variants": 2, "b_template": other, "test_percent": 50}
    campaign = a_campaign(*members, **{**values, **more})
    launching.launch(campaign, by=None, now=database_now())
    membership.refresh_all()
    for _n in range(3):
        CampaignSlot.objects.update(due_at=database_now())
        slots.expand()
    return campaign, CampaignSlot.objects.get()


def to_rest(client, campaign, slot, key, **more):
    address = reverse("admin:campaigns_campaign_to_rest", args=[campaign.pk])
    return client.post(address, {"slot": slot.pk, "variant": key, **more}, follow=True)


def page(client, campaign) -> str:
    return client.get(
        reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    ).content.decode()


def test_its_page_says_when_it_is_decided_and_shows_no_difference_before(boss):
    campaign, _slot = running()
    text = page(boss, campaign)
    assert "Until then any difference may be chance" in text
    assert "Send B to the rest" in text
    assert "Compared on" in text


def test_somebody_sends_one_to_the_rest_once(boss):
    campaign, slot = running()
    assert "The rest gets B." in to_rest(boss, campaign, slot, "b").content.decode()
    assert "said already" in to_rest(boss, campaign, slot, "a").content.decode()
    slot.refresh_from_db()
    assert (slot.winner, slot.winner_by.username) == ("b", "boss")
    slots.expand()
    rest = Assignment.objects.filter(arm="rest").values("pk")
    titles = Message.objects.filter(assignment_id__in=rest).values_list("content", flat=True)
    assert {content["title"] for content in titles} == {"B"}
    text = page(boss, campaign)
    assert "boss said so" in text
    assert "to the rest</button>" not in text


@pytest.mark.parametrize("odd", ["c", "", "rest", "a" * 500, "\x00"])
def test_what_is_no_variant_is_said(boss, odd):
    campaign, slot = running()
    assert to_rest(boss, campaign, slot, odd).status_code == 200
    slot.refresh_from_db()
    assert slot.winner == ""


def test_other_slots_and_other_ways_of_asking(boss):
    campaign, slot = running()
    address = reverse("admin:campaigns_campaign_to_rest", args=[campaign.pk])
    assert boss.get(address).status_code == 405
    assert boss.post(address, {"slot": "x", "variant": "a"}).status_code == 404
    assert boss.post(address, {"slot": slot.pk + 1, "variant": "a"}).status_code == 404


def test_who_may_only_look_decides_nothing():
    campaign, slot = running()
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(
        Permission.objects.get(Q(codename="view_campaign"), content_type__app_label="campaigns")
    )
    client = Client(headers={"accept-language": "en"})
    client.force_login(reader)
    address = reverse("admin:campaigns_campaign_to_rest", args=[campaign.pk])
    assert client.post(address, {"slot": slot.pk, "variant": "a"}).status_code == 403
    assert "to the rest</button>" not in page(client, campaign)


def test_a_launched_one_tells_its_variants(boss):
    product = Product.objects.create(
        namespace=a_namespace(), product_id="p", name="Green tea", updated_at=NOW
    )
    campaign, _slot = running(goal_product=product)
    text = page(boss, campaign)
    assert "Green tea" in text
    assert "50 % are in the test" in text
    assert (
        boss.post(
            reverse("admin:campaigns_campaign_change", args=[campaign.pk]), typed()
        ).status_code
        == 403
    )
