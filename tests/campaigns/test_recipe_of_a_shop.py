"""What the demo makes is called in one language, the one that messages are sent in, whoever
switches it on."""

import pytest
from django.utils import translation

from campaigns.models import Campaign, CouponBatch, Journey, Template
from campaigns.recipes import shop
from customers.models import Segment, TagGroup
from tests.factories import NOW, a_namespace

pytestmark = pytest.mark.django_db


def called() -> set[str]:
    return {
        name
        for model in (Segment, TagGroup, Template, Campaign, CouponBatch, Journey)
        for name in model.objects.values_list("name", flat=True)
    }


@pytest.mark.parametrize(
    ("language", "batch"), [("zh-hans", "满 50 减 10"), ("en", "10 yuan off from 50")]
)
def test_it_speaks_one_language(settings, language, batch):
    settings.LANGUAGE_CODE = language
    with translation.override("en" if language == "zh-hans" else "zh-hans"):
        journey = shop.switch_on(namespace=a_namespace(), now=NOW)
        assert shop.switch_on(namespace=a_namespace(), now=NOW) == journey

    assert batch in called()
    letters = "".join(
        text
        for content in Template.objects.values_list("content", flat=True)
        for text in content.values()
    )
    for text in [*called(), letters]:
        has_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in text)
        assert has_chinese == (language == "zh-hans"), text


def test_what_a_release_before_made_is_not_made_again():
    old = Journey.objects.create(name=shop.BEFORE, draft={})
    assert shop.switch_on(namespace=a_namespace(), now=NOW) == old
    assert not CouponBatch.objects.exists()
