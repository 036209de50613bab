"""What every channel owes, whichever is listed in CRM_CHANNELS."""

import pytest
from django import forms

from campaigns.delivery.channels import Address, Channel, LiquidField, channels
from crm_project.queue.due import database_now
from crm_project.registry import Registry
from customers.models import Purpose
from tests.campaigns.queued import a_message
from tests.factories import a_customer, a_member

LISTED = pytest.mark.parametrize("channel", list(channels), ids=lambda channel: channel.key)


def test_the_list_has_no_problems():
    assert channels in Registry.all
    assert channels.problems() == []


@LISTED
def test_a_channel_has_a_key_that_fits_its_column_and_a_label(channel):
    assert issubclass(channel, Channel)
    assert channel.key == channel.key.lower()
    assert 0 < len(channel.key) <= 30
    assert str(channel.label)


@LISTED
def test_its_content_is_a_form_of_texts_to_fill_in(channel):
    fields = channel.Content.base_fields

    assert issubclass(channel.Content, forms.Form)
    assert {type(field) for field in fields.values()} == {LiquidField}
    assert any(field.required for field in fields.values())


@LISTED
@pytest.mark.django_db  # some ask what a vendor has approved
def test_its_content_refuses_a_text_that_cannot_be_filled_in(channel):
    required = [name for name, field in channel.Content.base_fields.items() if field.required]

    assert channel.Content(
        dict.fromkeys(required, "Hello {{ customer.name | default: 'you' }}")
    ).is_valid()
    assert set(channel.Content(dict.fromkeys(required, "{{ customer.name ")).errors) == set(
        required
    )
    assert set(channel.Content({}).errors) == set(required)


@LISTED
@pytest.mark.django_db
def test_a_stranger_has_no_address(channel):
    assert channel().addresses([a_customer().pk]) == {}


@LISTED
@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 100])
def test_the_addresses_of_many_are_found_in_as_many_queries_as_of_one(
    channel, number, django_assert_max_num_queries
):
    with django_assert_max_num_queries(2):
        channel().addresses(range(1, number + 1))


@LISTED
def test_what_is_fetched_from_us_does_not_disturb(channel):
    assert not (channel.is_pull and channel.quiet_hours_apply)


@LISTED
def test_what_can_be_repeated_says_for_how_long(channel):
    assert channel().has_idempotency_key == (channel.idempotency_window is not None)
    assert 0 < channel.batch_size <= 1000


@LISTED
@pytest.mark.django_db
def test_an_address_names_its_connection_and_the_installations_own_has_none(channel):
    customer = a_member()

    for known in channel().addresses([customer.pk]).values():
        assert known
        assert all(isinstance(one, Address) and one.value for one in known)
        assert channel.has_connections or {one.connection_id for one in known} == {None}


@LISTED
@pytest.mark.django_db
def test_a_channel_judges_by_the_ids_it_was_given_and_reserves_twice_as_once(channel):
    one, now = channel(), database_now()
    message = a_message(a_member(), channel=channel.key)
    message.filled = dict.fromkeys(channel.Content.base_fields, "words")

    assert set(one.judge([message], {message.pk: Address(None, "x")}, now=now)) <= {message.pk}
    assert set(one.judge_text([message], now=now)) <= {message.pk}
    assert one.reserve([message], now=now) == one.reserve([message], now=now)
    one.release([message], now=now)
    one.release([message], now=now)


@LISTED
def test_the_law_leaves_a_channel_some_hours(channel):
    for purpose, (begins, ends) in channel.lawful_hours.items():
        assert purpose in Purpose
        assert begins < ends
