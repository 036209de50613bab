"""The till: a coupon is looked up by its code and redeemed once, on what was bought; and how the
coupons of a batch stand always sums up."""

import contextlib
import io
import zlib
from datetime import timedelta

import pytest
import qrcode
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from campaigns import coupons
from campaigns.admin import till
from campaigns.coupons import pictures, standing
from campaigns.models import Coupon, CouponBatch
from crm_project.queue.due import database_now
from customers.models import AuditEntry
from tests.factories import NOW, a_batch, a_member, a_source, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = User.objects.create_user("li", is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_coupon", "change_coupon"])
    )
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def a_given(batch, n=1) -> Coupon:
    customer = a_member()
    wanted = [coupons.Wanted(customer.pk, customer.pk, f"till {customer.pk} {n}")]
    return next(iter(coupons.issue(batch, wanted, by="x", now=database_now()).values()))


def post(client, **data):
    return client.post(reverse("admin:campaigns_coupon_till"), data)


def test_a_coupon_is_looked_up_and_redeemed_once(staff):
    coupon = a_given(a_batch(amount_off_fen=2000, threshold_fen=5000))
    code = coupon.code
    assert "¥20" in post(staff, code=f"https://x.cn/c/{code.lower()}/").content.decode()

    said = {"code": code, "redeem": "1", "order_number": "A1"}
    assert "We do not know this order" in post(staff, **said).content.decode()
    assert "too small" in post(staff, **said, total="49").content.decode()
    assert post(staff, **said, total="50").status_code == 302
    other = post(staff, **{**said, "order_number": "A2"}, total="90").content.decode()

    coupon.refresh_from_db()
    assert (coupon.state, coupon.order_number, coupon.discount_fen) == ("redeemed", "A1", 2000)
    assert "cannot be used any more" in other
    assert AuditEntry.objects.get(act="coupon.redeem").details == {"order": "A1"}


def test_what_was_bought_is_read_from_the_order_that_we_know(staff):
    batch = a_batch(products=["p1"], amount_off_fen=2000)
    source = a_source(namespace=batch.namespace)
    coupon = a_given(batch)
    wrong = an_order(coupon.customer, source=source, namespace=batch.namespace, number="W")
    wrong.lines.create(product_id="p2", price_fen=10000)
    right = an_order(coupon.customer, source=source, namespace=batch.namespace, number="R")
    right.lines.create(product_id="p1", price_fen=9000)

    said = {"code": coupon.code, "redeem": "1"}
    refused = post(staff, **said, order_number="W").content.decode()
    assert "It is not for what was bought." in refused
    assert post(staff, **said, order_number="R").status_code == 302


def test_codes_are_not_guessed_and_the_page_is_for_who_may(staff, client, moved_clock):
    moved_clock.stand(NOW)
    for n in range(till.MOST_UNKNOWN):
        assert "There is no coupon" in post(staff, code=f"NOTACODE{n}").content.decode()
    assert "wait a minute" in post(staff, code="NOTACODEX").content.decode()
    client.force_login(User.objects.create_user("mei", is_staff=True))
    assert client.get(reverse("admin:campaigns_coupon_till")).status_code == 403


ACTS = st.lists(
    st.sampled_from(["issue", "redeem", "revoke", "expire", "refund"]), min_size=3, max_size=12
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS, st.randoms(use_true_random=False))
def test_each_coupon_stands_in_one_line_and_the_promises_sum_up(acts, dice):
    source = a_source()
    batch = a_batch(stock=None, per_customer=9, namespace=source.namespace)
    for n, act in enumerate(acts):
        now = database_now()
        there = list(batch.coupons.order_by("pk"))
        one = dice.choice(there) if there else None
        if act == "issue" or one is None:
            a_given(batch, n)
        elif act == "redeem" and one.state in coupons.USABLE and one.expires_at > now:
            coupons.redeem(
                code=one.code,
                namespace=batch.namespace,
                order_number=f"O{one.pk}",
                total_fen=100_000,
                lines=[],
                now=now,
                by="x",
            )
        elif act == "revoke":
            coupons.revoke([one.pk], by="x", now=now)
        elif act == "expire":
            coupons.expire(now + timedelta(days=400), limit=1)
        elif act == "refund" and one.state == "redeemed":
            an_order(
                one.customer,
                source=source,
                namespace=batch.namespace,
                number=one.order_number,
                status="cancelled",
                paid_at=NOW,
            )
            coupons.settle_orders(
                namespace=batch.namespace, order_numbers=[one.order_number], now=now, by="x"
            )

    sums, batch = standing.sums(batch.pk), CouponBatch.objects.get(pk=batch.pk)
    assert sum(n for n, _fen in sums.values()) == batch.coupons.count()
    assert sums["open"][1] + sums["pending"][1] == batch.promised_fen
    CouponBatch.objects.all().update(is_active=False)


def a_photo(text: str, kind="JPEG", *, side=600, turned=0) -> bytes:
    """A QR code in the middle of a grey wall."""
    code = qrcode.QRCode()
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    small = Image.new("L", (len(rows), len(rows)), 255)
    small.putdata([0 if dark else 255 for row in rows for dark in row])
    wall = Image.new("RGB", (side * 2, side * 2), (150, 150, 140))
    wall.paste(small.resize((side, side), 0), (side // 2, side // 2))
    written = io.BytesIO()
    wall.rotate(turned, fillcolor=(150, 150, 140)).save(written, kind)
    return written.getvalue()


def photographed(client, data: bytes, name="p.jpg"):
    photo = SimpleUploadedFile(name, data)
    return client.post(reverse("admin:campaigns_coupon_till"), {"read": "1", "photo": photo})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_code_is_read_from_a_photo(staff, kind):
    coupon = a_given(a_batch(amount_off_fen=2000))
    page = photographed(staff, a_photo(f"https://x.cn/c/{coupon.code}", kind, turned=17))
    assert f'value="{coupon.code}"' in page.content.decode()
    assert "¥20" in page.content.decode()


def a_bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 60,000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        end = zlib.crc32(name + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + name + data + end

    size = (60_000).to_bytes(4, "big")
    head = chunk(b"IHDR", size + size + bytes([8, 0, 0, 0, 0]))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This is no picture that can be read"),
        (b"no picture", "This is no picture that can be read"),
        (a_photo("x")[:900], "This is no picture that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no picture that can be read"),
        (a_bomb(), "This is no picture that can be read"),
        (b"\xff" * (pictures.MOST_BYTES + 1), "too large"),
    ],
    ids=["empty", "text", "cut off", "svg", "bomb", "large"],
)
def test_a_bad_picture_gets_words(staff, data, words):
    page = photographed(staff, data)
    assert page.status_code == 200
    assert words in page.content.decode() or "too many pixels" in page.content.decode()


def test_a_picture_without_a_code_and_no_picture(staff):
    blank = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(blank, "PNG")
    page = photographed(staff, blank.getvalue()).content.decode()
    assert "No code was found in the picture." in page
    assert "Choose a picture." in post(staff, read="1").content.decode()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2000))
def test_no_bytes_break_the_reading(noise, at):
    whole = PHOTO[:at] + noise + PHOTO[at + len(noise) :]
    with contextlib.suppress(pictures.NoCode):
        assert len(pictures.read(whole)) <= pictures.LONGEST


PHOTO = a_photo("ABCD", side=120)
