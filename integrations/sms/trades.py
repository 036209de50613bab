"""What providers refuse by trade, whatever the template: said while a text is written, since their
review takes hours."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

WORDS = (
    (
        re.compile(r"招生|报名|培训|课程优惠|试听|提分|保过|升学|学历|考证"),
        gettext_noop(
            "Providers review texts of education (教育, 招生) closely: enrolment, trial lessons and"
            " promises of results are refused as promotion by most. A notice to who is a pupil"
            " already (time, place, teacher) passes."
        ),
    ),
    (
        re.compile(r"治疗|疗效|医院|门诊|药|整形|医美|植发|减肥|体检|疫苗|治愈|看诊|就诊"),
        gettext_noop(
            "Providers refuse promotion of medical services (医疗): treatments, medicines, beauty"
            " surgery, effects. A notice to a patient (time, department, what to bring) passes."
        ),
    ),
    (
        re.compile(r"贷款|借款|信用卡|股票|理财|基金|保险|返现|虚拟币|期货"),
        gettext_noop("Providers refuse promotion of loans, shares, insurance and the like (金融)."),
    ),
    (
        re.compile(r"房产|楼盘|移民|加微信|加QQ|扫码入群|进群|微信号", re.IGNORECASE),
        gettext_noop(
            "Providers refuse texts that sell houses or emigration, or ask people into a WeChat or"
            " QQ group."
        ),
    ),
    (
        re.compile(r"赌|博彩|彩票|代开发票|发票代|刷单"),
        gettext_noop("Providers never send this: gambling, lotteries, invoices for sale."),
    ),
)


def warnings(text: str) -> list[str]:
    """What is known to be refused of such texts, in words; one sentence each."""
    return [_(words) for pattern, words in WORDS if pattern.search(text)]
