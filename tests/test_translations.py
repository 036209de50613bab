"""Chinese readers never meet English: every text of ours and of the admin theme is in a
catalogue."""

from crm_project.runtime import messages


def test_every_text_has_its_chinese():
    assert messages.missing() == {}, (
        "`python -m crm_project.runtime.messages --add` puts them into the catalogue"
    )


def test_no_translation_lost_a_placeholder():
    assert messages.garbled() == []


def test_texts_are_found_in_code_and_templates():
    code = (
        'a = _("one"); b = ngettext("two", "twos", n); c = pgettext_lazy("month", "May"); d ='
        ' other("not this")'
    )
    assert set(messages.in_python(code)) == {
        (None, "one", None),
        (None, "two", "twos"),
        ("month", "May", None),
    }
    template = (
        "{% load i18n %}{% translate 'it''s' %}{% blocktranslate trimmed %}\n  a {{ b }}\n  c\n{%"
        ' endblocktranslate %}{% trans "x" %}'
    )
    found = {message[1] for message in messages.in_template(template.replace("it''s", "its"))}
    assert found == {"its", "a %(b)s c", "x"}
