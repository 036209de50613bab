"""Codes that are brought in a file, and one code for everybody: none twice, none beyond stock,
budget and the limit per customer; and how the coupons of a batch stand always sums up."""

import contextlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Count, Sum
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import coupons
from campaigns.coupons import CouponRefused, codes, files, pool, standing, travelling
from campaigns.models import BatchCode, Coupon, CouponBatch
from crm_project.jobs import running
from crm_project.queue.due import database_now
from tests.campaigns.at_once import at_once
from tests.factories import NOW, a_batch, a_member, a_source, an_order, uploaded

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def of_file(*given, **more) -> CouponBatch:
    batch = a_batch(code_mode="uploaded", stock=None, **more)
    pool.added(batch.pk, {codes.digest(code): code for code in given})
    batch.refresh_from_db()
    return batch


def for_all(code="TEA2026", **more) -> CouponBatch:
    return a_batch(
        code_mode="shared", shared_code=code, shared_digest=codes.digest(code), stock=10, **more
    )


def wanted(customer, n=1):
    return coupons.Wanted(customer.pk, customer.pk, f"pool {customer.pk} {n}")


def given_to(batch, *customers, **more):
    return coupons.issue(
        batch, [wanted(one) for one in customers], by="x", now=database_now(), **more
    )


def use(act, batch, code, order, customer=None, total=20_000, now=None):
    return act(
        code=code,
        namespace=batch.namespace,
        order_number=order,
        total_fen=total,
        lines=[],
        now=now or database_now(),
        by="till",
        customer=customer and customer.pk,
    )


def test_each_code_of_a_file_is_one_coupons():
    batch = of_file("AAAA-1", "BBBB-2")
    people = [a_member() for _n in range(3)]
    issued = given_to(batch, *people)
    assert sorted(one.code for one in issued.values()) == ["AAAA-1", "BBBB-2"]
    assert list(issued.refusals.values()) == ["no_codes"]
    batch.refresh_from_db()
    assert (batch.codes_left, batch.issued) == (0, 2)
    assert not BatchCode.objects.exists()
    assert use(coupons.redeem, batch, "aaaa1", "o1").state == "redeemed"


def test_a_code_that_nobody_saw_is_free_again_and_one_that_left_is_not():
    batch, one, other = of_file("AAAA-1", "BBBB-2"), a_member(), a_member()
    coupon = next(iter(given_to(batch, one, travels=True).values()))
    travelling.withdraw([coupon.pk], database_now())
    batch.refresh_from_db()
    assert (batch.codes_left, batch.issued) == (2, 0)
    coupon = Coupon.objects.get(pk=coupon.pk)
    assert coupon.state == "withdrawn"
    assert coupon.code not in ("AAAA-1", "BBBB-2")  # it can be read: its own

    coupon = next(iter(given_to(batch, other, travels=True).values()))
    travelling.issue_pending([coupon.pk], database_now())
    travelling.withdraw([coupon.pk], database_now())
    batch.refresh_from_db()
    assert batch.codes_left == 1


def test_a_file_of_codes(django_user_model):
    by = django_user_model.objects.create_superuser("boss")
    batch, other = of_file(), of_file("TAKEN-1")
    given_to(other, a_member())
    of_file("WAITS-1")
    lines = [
        "code",
        "GOOD-1",
        "good1",
        "x",
        "TAKEN-1",
        "WAITS-1",
        "  ",
        "a b c d",
        "GOOD-2",
        "=1+1",
    ]
    file = uploaded("\n".join(lines), by=by)
    job = files.begin(batch, file, has_heading=True, by=by, now=database_now())
    running.work()
    job.refresh_from_db()
    batch.refresh_from_db()
    assert batch.codes_left == 2
    assert job.done_rows == 2
    assert job.skipped == {"malformed": 3, "twice": 1, "known": 2}
    # the same file once more brings nothing
    files.begin(batch, uploaded("\n".join(lines), by=by), has_heading=True, by=by, now=NOW)
    running.work()
    batch.refresh_from_db()
    assert batch.codes_left == 2


def test_the_page_takes_a_file(admin_client):
    admin_client.cookies["django_language"] = "en"
    batch = of_file()
    page = reverse("admin:campaigns_couponbatch_change", args=[batch.pk])
    assert "Codes by file" in admin_client.get(page).content.decode()
    address = reverse("admin:campaigns_couponbatch_codes", args=[batch.pk])

    def send(data: bytes):
        file = SimpleUploadedFile("codes.csv", data)
        said = {"file-file": file, "file-column": "1"}
        return admin_client.post(address, said, follow=True).content.decode()

    send(b"ABCD-1\nABCD-2\n")
    running.work()
    batch.refresh_from_db()
    assert batch.codes_left == 2
    assert (
        "Choose a file."
        in admin_client.post(address, {"file-column": "1"}, follow=True).content.decode()
    )
    assert "neither UTF-8 nor GB18030" in send(b"\x00\x01\x02")
    assert "empty" in send(b" \n")
    assert admin_client.get(address).status_code == 405
    plain = reverse("admin:campaigns_couponbatch_codes", args=[a_batch().pk])
    assert admin_client.post(plain).status_code == 404


def test_rights_of_the_file(client):
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_couponbatch"))
    client.force_login(user)
    address = reverse("admin:campaigns_couponbatch_codes", args=[of_file().pk])
    assert client.post(address).status_code == 403


# -- one code for everybody


def test_one_code_for_everybody_is_each_customers_once():
    batch, source = for_all(), a_source()
    one, other = a_member(), a_member()
    order = an_order(one, source=source)
    used = use(coupons.redeem, batch, "tea2026", order.number)
    assert (used.state, used.customer_id, used.discount_fen) == ("redeemed", one.pk, 1000)
    again = use(coupons.redeem, batch, "TEA2026", order.number)
    assert again.pk == used.pk
    with pytest.raises(CouponRefused, match="per_customer"):
        use(coupons.redeem, batch, "TEA2026", "another", one)
    with pytest.raises(CouponRefused, match="customer_needed"):
        use(coupons.redeem, batch, "TEA2026", "nobody's")
    assert use(coupons.redeem, batch, "TEA2026", "third", other).customer_id == other.pk
    assert CouponBatch.objects.get(pk=batch.pk).issued == 2


def test_a_refused_order_leaves_no_coupon():
    batch = for_all(threshold_fen=50_000)
    with pytest.raises(CouponRefused, match="below_threshold"):
        use(coupons.redeem, batch, "TEA2026", "small", a_member())
    assert not Coupon.objects.exists()
    batch.refresh_from_db()
    assert (batch.issued, batch.promised_fen) == (0, 0)


def test_what_was_only_reserved_is_free_for_another_order():
    batch, one = for_all(), a_member()
    use(coupons.reserve, batch, "TEA2026", "a", one)
    with pytest.raises(CouponRefused, match="per_customer"):
        use(coupons.reserve, batch, "TEA2026", "b", one)
    coupons.release(namespace=batch.namespace, order_number="a", now=database_now(), by="x")
    batch.refresh_from_db()
    assert (batch.issued, batch.promised_fen) == (0, 0)
    assert use(coupons.reserve, batch, "TEA2026", "a", one).state == "reserved"
    coupons.expire(database_now() + HOUR)
    batch.refresh_from_db()
    assert (batch.issued, batch.promised_fen) == (0, 0)
    assert use(coupons.redeem, batch, "TEA2026", "b", one).state == "redeemed"


def test_it_is_given_to_nobody_before():
    issued = given_to(for_all(), a_member())
    assert list(issued.refusals.values()) == ["shared_code"]


def test_after_a_refund_it_is_the_customers_again():
    batch, source, one = for_all(), a_source(), a_member()
    order = an_order(one, source=source)
    use(coupons.redeem, batch, "TEA2026", order.number)
    type(order).objects.filter(pk=order.pk).update(refunded_fen=order.paid_fen)
    coupons.settle_orders(
        namespace=batch.namespace, order_numbers=[order.number], now=database_now(), by="x"
    )
    assert Coupon.objects.get().state == "returned"
    assert use(coupons.redeem, batch, "TEA2026", "next", one).state == "redeemed"
    assert Coupon.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_more_than_the_stock():
    batch = for_all()
    CouponBatch.objects.update(stock=3)
    people = [a_member() for _n in range(8)]

    def redeem(n):
        try:
            return use(coupons.redeem, batch, "TEA2026", f"order {n % 8}", people[n % 8]).pk
        except CouponRefused:
            return None

    done = at_once(16, redeem)
    batch.refresh_from_db()
    assert len({pk for pk in done if pk}) == 3
    assert (batch.issued, Coupon.objects.filter(state="redeemed").count()) == (3, 3)


def test_the_form_refuses_a_code_that_is_another_s(admin_client):
    admin_client.cookies["django_language"] = "en"
    first = for_all()
    page = reverse("admin:campaigns_couponbatch_add")
    said = {
        "namespace": first.namespace_id,
        "name": "two",
        "kind": "amount",
        "amount_off_fen": "10",
        "code_mode": "shared",
        "stock": "5",
        "per_customer": "1",
        "valid_days": "7",
        "is_active": "on",
    }
    for code, words in (
        ("tea-2026", "A coupon or another batch has this code."),
        ("", "4 to 40 of A–Z, digits and dashes."),
        ("x" * 41, "40"),
        ("a b c", "4 to 40 of A–Z, digits and dashes."),
    ):
        text = admin_client.post(page, {**said, "shared_code": code}).content.decode()
        assert words in text, code
    assert admin_client.post(page, {**said, "shared_code": "Autumn"}).status_code == 302
    made = CouponBatch.objects.get(name="two")
    assert made.shared_digest == codes.digest("AUTUMN")


def test_the_till_asks_whose_order_it_is(client):
    user = User.objects.create_user("li", is_staff=True)
    names = ["view_coupon", "change_coupon", "view_customer"]
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    one = a_member(4711)
    for_all()
    till = reverse("admin:campaigns_coupon_till")
    looked = client.post(till, {"code": "tea2026"}).content.decode()
    assert "one code for everybody" in looked
    said = {"code": "tea2026", "redeem": "1", "order_number": "A1", "total": "90"}
    assert "Say whose order it is" in client.post(till, said).content.decode()
    assert (
        "This is not one customer."
        in client.post(till, {**said, "customer": "nobody at all"}).content.decode()
    )
    assert client.post(till, {**said, "customer": "4711"}).status_code == 302
    assert Coupon.objects.get().customer_id == one.pk


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "travel", "leave", "skip", "reserve", "redeem"])
        | st.sampled_from(["release", "refund", "expire", "revoke", "shared", "shared_reserve"]),
        st.integers(0, 3),
    ),
    max_size=25,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ACTS)
def test_every_coupon_stands_in_one_line_and_all_sums_add_up(acts):
    with transaction.atomic():
        lived(acts)
        transaction.set_rollback(True)


def lived(acts):
    shop = Shop()
    for step, (act, n) in enumerate(acts):
        with contextlib.suppress(CouponRefused):
            getattr(shop, act)(step, n)
        for one in shop.batches:
            adds_up(one)


class Shop:
    """Four customers with an order each, and a batch of each kind of codes."""

    def __init__(self):
        source, self.now = a_source(), database_now()
        self.people = [a_member() for _n in range(4)]
        codes_brought = (f"CODE-{n}" for n in range(5))
        brought = of_file(*codes_brought, budget_fen=20_000, per_customer=3)
        made = a_batch(stock=6, per_customer=3, threshold_fen=5000)
        self.batches = [brought, made, for_all(per_customer=2)]
        self.orders = [
            an_order(one, source=source, number=f"ord{n}") for n, one in enumerate(self.people)
        ]

    def some(self, step, n):
        theirs = Coupon.objects.filter(batch=self.batches[step % 2], customer=self.people[n])
        return theirs.order_by("-pk").first()

    def issue(self, step, n, *, travels=False):
        wish = [coupons.Wanted(self.people[n].pk, self.people[n].pk, f"k{step}")]
        coupons.issue(self.batches[step % 2], wish, by="x", now=self.now, travels=travels)

    def travel(self, step, n):
        self.issue(step, n, travels=True)

    def waiting(self, step):
        waits = Coupon.objects.filter(batch=self.batches[step % 2], state="pending")
        return list(waits.order_by("pk").values_list("pk", flat=True)[:1])

    def leave(self, step, n):
        travelling.issue_pending(self.waiting(step), self.now)

    def skip(self, step, n):
        travelling.withdraw(self.waiting(step), self.now)

    def reserve(self, step, n, act=coupons.reserve):
        if some := self.some(step, n):
            use(act, some.batch, some.code, f"ord{n}", now=self.now)

    def redeem(self, step, n):
        self.reserve(step, n, coupons.redeem)

    def release(self, step, n):
        shop = self.batches[0].namespace
        coupons.release(namespace=shop, order_number=f"ord{n}", now=self.now, by="x")

    def refund(self, step, n):
        order = self.orders[n]
        type(order).objects.filter(pk=order.pk).update(refunded_fen=10_000)
        coupons.settle_orders(
            namespace=order.namespace, order_numbers=[order.number], now=self.now, by="x"
        )

    def expire(self, step, n):
        coupons.expire(self.now + HOUR)

    def revoke(self, step, n):
        if some := self.some(step, n):
            coupons.revoke([some.pk], by="x", now=self.now)

    def shared(self, step, n):
        use(coupons.redeem, self.batches[2], "TEA2026", f"ord{n}", now=self.now)

    def shared_reserve(self, step, n):
        use(coupons.reserve, self.batches[2], "TEA2026", f"ord{n}", now=self.now)


def adds_up(batch):
    batch.refresh_from_db()
    sums = standing.sums(batch.pk)
    everything = Coupon.objects.filter(batch=batch)
    assert sum(n for n, _fen in sums.values()) == everything.count()
    assert sum(fen for _n, fen in sums.values()) == (
        everything.aggregate(fen=Sum("promised_fen"))["fen"] or 0
    )
    assert batch.promised_fen == sums["open"][1] + sums["pending"][1]
    spent = everything.filter(state="redeemed").aggregate(fen=Sum("discount_fen"))["fen"] or 0
    assert batch.spent_fen == spent
    withdrawn = sums["withdrawn"][0]
    assert batch.issued == everything.count() - withdrawn
    if batch.code_mode == "uploaded":
        assert batch.codes_left == batch.codes.count()
        assert batch.codes_left + batch.issued <= 5
    most = everything.exclude(state__in=["withdrawn", "revoked"]).values("customer")
    held = most.annotate(n=Count("pk")).values_list("n", flat=True)
    assert max(held, default=0) <= batch.per_customer
