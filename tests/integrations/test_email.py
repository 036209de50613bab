"""E-mail: from the text of a template to what a mail server is handed, and back from what its
reader does."""

import asyncio
import html
import re
import threading
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from mailbox import Maildir
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation

from campaigns.coupons import terms
from campaigns.delivery import dispatch, links
from campaigns.delivery.channels import Address
from campaigns.models import CouponBatch, Link, Message, Suppression
from crm_project.queue.due import database_now
from crm_project.runtime import mail
from crm_project.runtime.ports import free_port
from customers.models import Consent, Identity, Source
from customers.privacy.sealing import digest
from events.models import Event
from integrations.email import letter
from integrations.email.channel import Email, EmailContent
from tests.campaigns.queued import a_message, agree
from tests.factories import NOW, a_batch, a_customer, a_workspace

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = {
    "HTTP_USER_AGENT": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
}


class Server:
    """A mail server: what it was handed, and what it answers to whom."""

    def __init__(self):
        self.got, self.answers, self.hangs_up, self.sender_answer = [], {}, set(), ""

    # Aiosmtpd's name
    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self.sender_answer or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append((envelope.rcpt_tos, envelope.content))
        if envelope.rcpt_tos[0] in self.hangs_up:
            server.transport.abort()
        return "250 OK queued as 4711"

    def letter_to(self, address):
        [content] = [content for to, content in self.got if to == [address]]
        return message_from_bytes(content, policy=default)


@pytest.fixture
def server(settings):
    keeper, port = Server(), free_port()
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAIL, settings.MAIL_FROM = (
        mail.server(f"smtp://127.0.0.1:{port}"),
        "互通小店 <shop@example.com>",
    )
    settings.PUBLIC_URL = "http://testserver"
    cache.clear()
    a_workspace(name="互通小店", caps=None)
    yield keeper
    controller.stop()


def a_reader(address, **more):
    customer = a_customer(**more)
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="email",
        value=digest("email", address),
        sealed=address,
        is_strong=False,
        first_seen_at=NOW,
    )
    return customer


def queued(address, *, purpose="marketing", **content):
    customer = a_reader(address, name="小王 <script>alert(1)</script>")
    agree(customer, channel="email")
    return a_message(
        customer,
        channel="email",
        purpose=purpose,
        content={"subject": "Hello", "body": "Hi", **content},
    )


def state(message):
    return Message.objects.values_list("state", "reason").get(pk=message.pk)


def sent(message):
    dispatch.deliver("email")
    assert state(message) == ("sent", "")


def html_of(one):
    return one.get_body(("html",)).get_content()


def path_of(url):
    return urlsplit(url).path


def test_a_letter_has_a_html_part_and_a_plain_one_and_no_markup_of_the_customers(server):
    message = queued(
        "wang@example.com",
        subject="{{ customer.name }}，您好",
        body="{{ customer.name }}，\n还想要吗 & 如何？\n\n[去看看](https://shop.example/p?a=1&b=2)",
    )
    sent(message)

    one = server.letter_to("wang@example.com")
    assert one["Subject"] == "小王 <script>alert(1)</script>，您好"
    assert one["From"] == "互通小店 <shop@example.com>"
    assert "小王 &lt;script&gt;alert(1)&lt;/script&gt;" in html_of(one)
    assert "<script" not in html_of(one)
    text = one.get_body(("plain",)).get_content()
    assert "还想要吗 & 如何？" in text
    assert "去看看: https://shop.example/p?a=1&b=2" in text
    assert Message.objects.get(pk=message.pk).provider_id == f"{message.pk} OK queued as 4711"


def test_a_subject_cannot_begin_another_header(server):
    message = queued("wang@example.com", subject="Hello\r\nBcc: everybody@example.com")
    sent(message)

    assert [to for to, _content in server.got] == [["wang@example.com"]]
    assert server.letter_to("wang@example.com")["Bcc"] is None


def test_each_letter_holds_only_what_is_its_readers(server):
    messages = [queued(f"reader{n}@example.com", body=f"canary-{n}-end") for n in range(60)]
    dispatch.deliver("email")

    assert {state(m) for m in messages} == {("sent", "")}
    assert len(server.got) == 60
    for to, content in server.got:
        mine = re.findall(r"\d+", to[0])[0]
        assert set(
            re.findall(r"canary-(\d+)-end", html_of(message_from_bytes(content, policy=default)))
        ) == {mine}


@pytest.mark.parametrize(
    ("answer", "expected", "is_suppressed"),
    [
        ("550 5.1.1 no such user", ("failed", "refused"), True),
        ("451 come again later", ("queued", "temporary"), False),
        ("554 you look like spam", ("queued", "temporary"), False),
    ],
)
def test_a_refusal_is_told_from_a_delay(server, answer, expected, is_suppressed):
    message, other = queued("no@example.com"), queued("yes@example.com")
    server.answers["no@example.com"] = answer
    dispatch.deliver("email")

    assert state(message) == expected
    assert state(other) == ("sent", "")
    assert (
        Suppression.objects.filter(customer=message.customer_id, channel="email").exists()
        == is_suppressed
    )


def test_a_refused_sender_is_no_fault_of_the_readers(server):
    message = queued("yes@example.com")
    server.sender_answer = "550 5.7.1 this sender may not send"
    dispatch.deliver("email")

    assert state(message) == ("queued", "temporary")
    assert not Suppression.objects.exists()


def test_a_server_that_hangs_up_after_its_greeting_is_not_stormed(settings):
    """Each letter costs one connection at most, and all are tried again."""
    greeted = []

    async def hang_up(reader, writer):
        greeted.append(writer)
        writer.write(b"220 hello\r\n")
        writer.close()

    loop, port = asyncio.new_event_loop(), free_port()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    listening = asyncio.run_coroutine_threadsafe(
        asyncio.start_server(hang_up, "127.0.0.1", port), loop
    ).result()
    settings.MAIL, settings.MAIL_FROM = mail.server(f"smtp://127.0.0.1:{port}"), "shop@example.com"
    a_workspace(caps=None)
    messages = [queued(f"reader{n}@example.com") for n in range(6)]
    dispatch.deliver("email")
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)

    assert {state(m) for m in messages} == {("queued", "temporary")}
    assert 0 < len(greeted) <= len(messages)


def test_what_the_server_did_not_confirm_cannot_be_known_and_the_rest_goes_on(server):
    messages = [queued(f"reader{n}@example.com") for n in range(8)]
    server.hangs_up.add("reader0@example.com")
    dispatch.deliver("email")

    assert state(messages[0]) == ("unknown", "no_answer")
    assert {state(m) for m in messages[1:]} == {("sent", "")}


# What no mail server was ever told: the library cannot write it, or it would end the line.
UNWRITABLE = [
    "王小明@example.com",
    "a\r\nRCPT TO:<x@example.com>@example.com",
    "a\x00b@example.com",
    "é" * 3000 + "@example.com",
    "",
]


@pytest.mark.parametrize("address", UNWRITABLE)
def test_an_address_that_cannot_be_written_is_the_failure_of_its_own_letter(server, address):
    others = [queued(f"reader{n}@example.com") for n in range(6)]
    message = queued(address or "nobody@example.com")
    if not address:
        server.answers["nobody@example.com"] = "553 none"
    others += [queued(f"reader{n}@example.com") for n in range(6, 12)]

    dispatch.deliver("email")

    assert {state(m) for m in others} == {("sent", "")}
    assert state(message)[0] in {"failed", "queued"}
    assert len(server.got) == 12
    assert all(
        to == [f"reader{n}@example.com"]
        for n, (to, _c) in enumerate(
            sorted(server.got, key=lambda got: int(re.findall(r"[0-9]+", got[0][0])[0]))
        )
    )


@pytest.mark.parametrize(
    "body",
    [
        "<mjml><mj-body><mj-text>{{ customer.name</mj-text></mj-body></mjml>",
        "<mjml><mj-body><mj-nonsense/></mj-body>",
        "[x](https://shop.example/\\x00)",
        "[x](https://shop.example/" + "ä" * 1900 + ")",
        (
            "<mjml><mj-body><mj-section><mj-column><mj-button"
            " href='https://a.example/\x00'>x</mj-button></mj-column></mj-section></mj-body></mjml>"
        ),
    ],
)
def test_a_letter_that_cannot_be_made_spoils_no_other(server, body):
    others = [
        queued(f"reader{n}@example.com", body=f"[go](https://shop.example/{n})") for n in range(5)
    ]
    bad = queued("bad@example.com", body="Hi")
    Message.objects.filter(pk=bad.pk).update(
        content={"subject": "Hello", "body": body.replace("\x00", "")}
    )

    dispatch.deliver("email")

    assert {state(m) for m in others} == {("sent", "")}
    assert state(bad)[0] in {"sent", "failed", "queued"}


def test_without_a_server_nobody_can_be_reached(settings):
    settings.MAIL = {}
    a_workspace()
    message = queued("wang@example.com")
    dispatch.deliver("email")

    assert state(message) == ("skipped", "unreachable")


def test_a_server_that_is_away_is_tried_again(settings):
    settings.MAIL, settings.MAIL_FROM = (
        mail.server(f"smtp://127.0.0.1:{free_port()}"),
        "shop@example.com",
    )
    a_workspace()
    message = queued("wang@example.com")
    dispatch.deliver("email")

    assert state(message) == ("queued", "temporary")


# --- what its reader does


def clicked(server, client, message, **request):
    url = re.search(
        r'href="(http://testserver/l/[^"]+)"[^>]*>去看看',
        html_of(server.letter_to("wang@example.com")),
    )[1]
    return client.get(path_of(url), **request)


@pytest.fixture
def message(server):
    message = queued("wang@example.com", body="[去看看](https://shop.example/p?a=1&b=2)")
    sent(message)
    Message.objects.filter(pk=message.pk).update(sent_at=database_now() - timedelta(minutes=5))
    return message


def happened():
    return list(Event.objects.order_by("pk").values_list("name__name", flat=True))


def test_a_click_leads_where_the_link_led_and_is_told_once_an_hour(server, client, message):
    answers = [clicked(server, client, message, **PERSON) for _n in range(3)]

    assert {(a.status_code, a["Location"]) for a in answers} == {
        (302, "https://shop.example/p?a=1&b=2")
    }
    event = Event.objects.get()
    assert (event.name.name, event.customer_id) == ("Message Clicked", message.customer_id)
    assert event.properties["message_id"] == message.pk


@pytest.mark.parametrize(
    "request_of",
    [
        {"HTTP_USER_AGENT": "Proofpoint URL Defense"},
        {"HTTP_USER_AGENT": "curl/8.1"},
        {},
        {**PERSON, "HTTP_SEC_PURPOSE": "prefetch"},
    ],
)
def test_a_scanner_is_no_reader(server, client, message, request_of):
    assert clicked(server, client, message, **request_of).status_code == 302
    assert happened() == ["Message Clicked (machine)"]


def test_who_is_quicker_than_a_person_is_none(server, client, message):
    Message.objects.filter(pk=message.pk).update(sent_at=database_now())
    clicked(server, client, message, **PERSON)
    assert happened() == ["Message Clicked (machine)"]


def test_who_follows_the_link_that_nobody_sees_is_a_machine_from_then_on(server, client, message):
    trap = re.search(
        r'href="(http://testserver/l/[^"]+)" style="display:none"',
        html_of(server.letter_to("wang@example.com")),
    )[1]

    assert client.get(path_of(trap), **PERSON).status_code == 204
    clicked(server, client, message, **PERSON)
    assert happened() == ["Message Clicked (machine)"]


def test_the_picture_tells_that_the_letter_was_opened(server, client, message):
    point = re.search(
        r'src="(http://testserver/o/[^"]+)"', html_of(server.letter_to("wang@example.com"))
    )[1]
    answer = client.get(path_of(point), **PERSON)

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    assert happened() == ["Message Opened"]


def test_looking_at_the_page_changes_nothing_and_a_post_does(server, client, message):
    url = server.letter_to("wang@example.com")["List-Unsubscribe"].strip("<>")
    page = path_of(url)

    assert client.get(page, **PERSON).status_code == 200
    assert Consent.objects.filter(is_granted=False).count() == 0
    assert client.post(page, {"List-Unsubscribe": "One-Click"}).status_code == 200
    latest = Consent.objects.latest("pk")
    assert (latest.customer_id, latest.channel, latest.purpose, latest.is_granted) == (
        message.customer_id,
        "email",
        "marketing",
        False,
    )

    again = a_message(latest.customer, channel="email", content={"subject": "More", "body": "More"})
    service = a_message(
        latest.customer,
        channel="email",
        purpose="service",
        content={"subject": "Order", "body": "Paid"},
    )
    dispatch.deliver("email")
    assert (state(again), state(service)) == (("skipped", "no_consent"), ("sent", ""))


def test_a_letter_of_service_has_no_such_link(server):
    message = queued("wang@example.com", purpose="service")
    sent(message)
    one = server.letter_to("wang@example.com")

    assert one["List-Unsubscribe"] is None
    assert "/u/" not in html_of(one)


def test_who_unsubscribed_by_mistake_can_come_back(client, message, server):
    page = path_of(server.letter_to("wang@example.com")["List-Unsubscribe"].strip("<>"))
    client.post(page)
    client.post(page, {"again": "1"})
    assert Consent.objects.latest("pk").is_granted


def test_a_code_that_we_did_not_make_is_nothing(client, message):
    good = links.code(links.CLICK, message.pk, Link.objects.get().pk)
    flipped = [
        good[:n] + ("A" if good[n] != "A" else "B") + good[n + 1 :] for n in range(len(good))
    ]
    other_kinds = [
        links.code(kind, message.pk, Link.objects.get().pk)
        for kind in (links.OPEN, links.UNSUBSCRIBE)
    ]

    for code in [*flipped, *other_kinds, "", "x", "%00", "é" * 24, good + "=="]:
        assert client.get(f"/l/{code}").status_code == 404, code
    assert happened() == []


def test_the_source_of_our_own_receipts_is_in_no_list(client, message, server, admin_client):
    clicked(server, client, message, **PERSON)
    assert Source.objects.filter(key=Source.OWN).count() == 1
    assert not Source.objects.others().filter(key=Source.OWN).exists()
    assert b">Hutong<" not in admin_client.get("/admin/customers/source/").content


# --- what a marketer writes


@pytest.mark.parametrize(
    "body",
    [
        "<mjml><mj-body><mj-text>x</mj-body></mjml>",
        "<mjml><mj-body><mj-section><mj-column><mj-raw><script>1</script></mj-raw></mj-column></mj-section></mj-body></mjml>",
        "<mjml><mj-body><mj-include path='/etc/passwd' /></mj-body></mjml>",
        (
            "<mjml><mj-body><mj-section><mj-column><mj-text><a"
            " href='javascript:alert(1)'>x</a></mj-text></mj-column></mj-section></mj-body></mjml>"
        ),
        (
            "<mjml><mj-body><mj-section><mj-column><mj-text><b"
            " onclick='x()'>x</b></mj-text></mj-column></mj-section></mj-body></mjml>"
        ),
    ],
)
def test_mjml_that_is_broken_or_dangerous_is_refused_in_words(body):
    form = EmailContent({"subject": "s", "body": body})
    assert not form.is_valid()
    assert list(form.errors) == ["body"]


def test_a_whole_letter_in_mjml_has_our_foot_and_its_own_words_as_plain_text():
    body = (
        "<mjml><mj-body><mj-section><mj-column><mj-text><h1>Sale</h1><p>Only"
        " <b>today</b></p></mj-text><mj-button"
        ' href="https://shop.example">Go</mj-button></mj-column></mj-section></mj-body></mjml>'
    )
    one = letter.composed(
        {"subject": "s", "body": body}, letter.Foot("The shop", "http://testserver/u/x")
    )

    assert "The shop" in one.html
    assert 'href="http://testserver/u/x"' in one.html
    assert one.html.rstrip().endswith("</html>")
    assert "Sale\n\nOnly today" in one.text
    assert "Go (https://shop.example)" in one.text


def test_a_letter_fetches_nothing_from_strangers():
    body = "<mjml><mj-body><mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section></mj-body></mjml>"  # noqa: E501
    for one in (
        letter.composed({"subject": "s", "body": text}, letter.Foot("s"))
        for text in (body, "Hello")
    ):
        assert re.findall(r"""(?:src|href)=["'](http[^"']+)|url\(""", one.html) == []


def test_plain_paragraphs_are_text_whatever_they_hold():
    one = letter.composed(
        {"subject": "s", "body": '5 < 6 & <b>bold</b>\n\n[a](https://x.example/?q="><script>)'},
        letter.Foot("s"),
    )
    assert "5 &lt; 6 &amp; &lt;b&gt;bold&lt;/b&gt;" in one.html
    assert "<script" not in one.html


def test_the_preview_shows_the_letter_in_a_frame_that_runs_nothing(admin_client, server):
    a_reader("wang@example.com", name="小王")
    answer = admin_client.post(
        "/admin/campaigns/template/preview/",
        {"channel": "email", "email-subject": "{{ customer.name }}", "email-body": "Hello"},
    ).content.decode()

    assert re.search(r'<iframe class="ht-letter" sandbox srcdoc="', answer)
    assert "小王" in answer


def previewed(client, purpose: str) -> str:
    text = {
        "channel": "email",
        "email-subject": "s",
        "email-body": "{{ coupon.value }}",
        "purpose": purpose,
    }
    return html.unescape(client.post("/admin/campaigns/template/preview/", text).content.decode())


def test_the_preview_speaks_as_the_letter_does_and_has_its_foot(admin_client, server):
    a_workspace(name="The shop")
    a_batch(threshold_fen=5000)
    message = queued("wang@example.com", subject="s", body="b")
    translation.deactivate()  # as in a worker
    sent(message)
    foot = re.search(
        r"<body.*?(>[^<]*The shop[^<]*<).*?(>[^<]+</a>)",
        html_of(server.letter_to("wang@example.com")),
        re.DOTALL,
    )

    admin_client.cookies["django_language"] = "en"
    marketing, service = previewed(admin_client, "marketing"), previewed(admin_client, "service")

    assert foot[1] in marketing
    assert foot[2] in marketing
    assert foot[1] in service
    assert foot[2] not in service
    with translation.override("zh-hans"):
        value = terms.value_text(CouponBatch.objects.get())
    assert value in marketing


def test_the_page_that_ends_letters_names_who_sent_them(server, client, message):
    a_workspace(name="The shop")
    page = path_of(server.letter_to("wang@example.com")["List-Unsubscribe"].strip("<>"))

    for answer in (client.get(page), client.post(page), client.post(page, {"again": "1"})):
        assert '<p class="brand">The shop</p>' in answer.content.decode()


def test_the_mailbox_masks_its_addresses(admin_client, settings, tmp_path):
    settings.MAILBOX = tmp_path / "mailbox"
    key = Maildir(settings.MAILBOX).add(b"To: wang@example.com\nSubject: hello\n\ntext")

    pages = [
        admin_client.get(reverse("mailbox")),
        admin_client.get(reverse("mailbox_letter", args=[key])),
    ]

    for page in pages:
        assert "w***@example.com" in page.content.decode()
        assert "wang@example.com" not in page.content.decode()


def test_the_address_is_the_latest_of_several(server):
    customer = a_reader("old@example.com")
    Identity.objects.create(
        customer=customer, origin_customer=customer, kind="email", value=digest("email", "new@example.com"), sealed="new@example.com",  # noqa: E501
        is_strong=False, first_seen_at=NOW + timedelta(days=1),
    )  # fmt: skip
    assert Email().addresses([customer.pk]) == {customer.pk: [Address(None, "new@example.com")]}
