"""The kinds of personal data: under which keys clients send them, how two spellings compare, what
staff see of them.

A key counts without case, signs and width, with or without whose it is (`receiver_phone`,
`userMobile`, 收货人手机号). Names are no kind (customers are called by them), but for the real name and
that of whoever receives something.
"""  # noqa: E501

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from customers.identity import normalising
from customers.privacy.sealing import masked

COVER = "••••"


def ends(first: int, last: int) -> Callable[[str], str]:
    """A mask that leaves so many characters at both ends, where enough stays covered."""

    def mask(text: str) -> str:
        return (
            f"{text[:first]}****{text[len(text) - last :]}"
            if len(text) >= first + last + 4
            else COVER
        )

    return mask


def compact(text: str) -> str:
    """A number as it is compared: without spaces and dashes, in capitals."""
    return re.sub(r"[\s-]", "", normalising.clean(text)).upper()


def covered(_text: str) -> str:
    return COVER


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class PersonalKind:
    key: str
    words: frozenset[str]
    normal: Callable[[str], str]
    masked: Callable[[str], str]


def kind(key: str, named: str, normal=normalising.clean, masked=covered) -> PersonalKind:
    return PersonalKind(key, words(named), normal, masked)


PHONE = kind(
    "phone",
    """phone mobile cell cellphone mobilephone phonenumber mobilenumber phoneno mobileno phonenum mobilenum cellnumber tel telno telnumber
    telephone telephonenumber telephoneno msisdn landline landlineno purephonenumber identitymobile contactnumber contactno callbacknumber
    mobilephonenumber mobilephoneno mobilephonenum phonemobile shouji shoujihao lianxidianhua
    手机 手机号 手机号码 手机电话 电话 电话号码 联系电话 联系方式 联系号码 座机 座机号 固话 固定电话 移动电话""",  # noqa: E501
    normal=lambda text: normalising.phone(text) or normalising.clean(text),
    masked=lambda text: masked("phone", text),
)
EMAIL = kind(
    "email",
    """email mail emailaddress mailaddress emailaddr identityemail emailid youxiang
    邮箱 邮箱地址 邮箱账号 电子邮箱 电子邮箱地址 电子邮件 电子邮件地址 邮件地址""",
    normal=lambda text: normalising.email(text) or normalising.clean(text),
    masked=lambda text: masked("email", text),
)
ID_CARD = kind(
    "id_card",
    """idcard idcardno idcardnum idcardnumber idnumber idno idnum identitycard identitycardno identitycardnumber identityno identitynumber
    identitydocument nationalid nationalidno nationalidnumber citizenid citizenidnumber certno certnumber certificatenumber
    residentid residentidcard sfz sfzh shenfenzheng shenfenzhenghao 身份证 身份证号 身份证号码 身份证件号 公民身份号码 证件号 证件号码""",  # noqa: E501
    normal=compact,
    masked=ends(3, 2),
)
INSURANCE = kind(
    "medical_insurance",
    """medicalinsurance medicalinsuranceno medicalinsurancenumber medicalinsurancecard medicalinsurancecardno medicalinsurancecardnumber
    medicalinsuranceid healthinsurance healthinsuranceno healthinsurancenumber healthinsurancecard healthcardno healthcardnumber
    insurancecardno insurancecardnumber insuranceno insurancenumber socialsecurity socialsecurityno socialsecuritynumber
    socialsecuritycard socialsecuritycardno ssn yibao yibaokahao 医保卡 医保卡号 医保号 医保编号 医保个人编号 医疗保险号 医疗保险卡号
    社保卡 社保卡号 社保号 社会保障号 社会保障号码 社会保障卡号 健康卡号 居民健康卡号 电子健康卡号""",  # noqa: E501
    normal=compact,
    masked=ends(2, 2),
)
RECORD = kind(
    "medical_record",
    """medicalrecordnumber medicalrecordno medicalrecordid medicalrecord mrn caserecordno inpatientno inpatientnumber outpatientno
    outpatientnumber hospitalizationno admissionno clinicno clinicnumber visitcardno medicalcardno medicalcardnumber binglihao
    病历 病历号 病历编号 病历本号 病案号 住院号 住院编号 门诊号 门诊编号 就诊号 就诊卡 就诊卡号 诊疗卡号""",  # noqa: E501
    normal=compact,
    masked=ends(1, 2),
)
STUDENT = kind(
    "student_number",
    """studentnumber studentno studentnum studentcode studentidnumber studentidno schoolregistrationnumber schoolregistrationno
    schoolrollnumber schoolrollno studentrollno studentstatusno enrollmentno examno examnumber admissionticketno admissionticketnumber
    xuejihao xuehao 学籍号 学籍 学籍编号 全国学籍号 学籍辅号 学号 学生号 学生证号 准考证 准考证号 考号""",  # noqa: E501
    normal=compact,
    masked=ends(2, 2),
)
BANK = kind(
    "bank_card",
    """bankcard bankcardno bankcardnum bankcardnumber bankaccount bankaccountno bankaccountnumber creditcard creditcardno creditcardnumber
    debitcard debitcardno debitcardnumber iban bankno yinhangka yinhangkahao
    银行卡 银行卡号 银行账号 银行帐号 银行账户 银行帐户 信用卡 信用卡号 储蓄卡号 借记卡号 收款账号""",  # noqa: E501
    normal=compact,
    masked=ends(0, 4),
)
PASSPORT = kind(
    "passport",
    """passport passportno passportnum passportnumber passportid travelpermit travelpermitno hkmacaopermit hkmacaopermitno visano visanumber
    officerno 护照 护照号 护照号码 通行证 通行证号 港澳通行证 港澳通行证号 台胞证 台胞证号 回乡证 回乡证号 军官证 军官证号 居留证号""",  # noqa: E501
    normal=compact,
    masked=ends(1, 2),
)
LICENCE = kind(
    "licence",
    """driverlicense driverlicenseno driverslicense driverslicenseno drivinglicense drivinglicenseno driverlicence drivinglicence
    licenseplate licenseplateno platenumber plateno carplate carplateno 驾驶证 驾驶证号 驾照 驾照号 车牌 车牌号 车牌号码""",  # noqa: E501
    normal=compact,
    masked=ends(2, 1),
)
ADDRESS = kind(
    "address",
    """address addresse addr street streetaddress addressline addressdetail detailaddress detailedaddress fulladdress postaladdress
    mailingaddress residentialaddress residence housenumber doorplate dizhi xiangxidizhi 地址 详细地址 住址 家庭住址 家庭地址 现住址 户籍地址
    居住地址 通讯地址 通信地址 邮寄地址 收货地址 收件地址 寄件地址 送货地址 配送地址 门牌 门牌号 街道地址""",  # noqa: E501
)
NAME = kind(
    "real_name",
    """realname truename legalname idname consignee consigneename receivername recipientname deliveryname zhenshixingming
    contactname contactperson emergencycontact 真实姓名 证件姓名 联系人 联系人姓名 收货人 收货人姓名 收件人 收件人姓名 收货姓名 紧急联系人 紧急联系人姓名""",  # noqa: E501
)
MESSENGER = kind(
    "messenger",
    "wechatid wechatno wechatnumber wechataccount weixinhao wxno wxnumber wxaccount qqno qqnumber"
    " qqaccount 微信号 微信账号 微信帐号 qq号 qq号码 qq账号",
    masked=ends(1, 1),
)

KINDS = (
    PHONE,
    EMAIL,
    ID_CARD,
    INSURANCE,
    RECORD,
    STUDENT,
    BANK,
    PASSPORT,
    LICENCE,
    ADDRESS,
    NAME,
    MESSENGER,
)
BY_WORD = {word: kind for kind in KINDS for word in kind.words}
# A card or an account may be a membership: what stands there is a bank card where it is long enough
# and its check digit is right.
MAYBE_BANK = words(
    "card cardno cardnum cardnumber account accountno accountnumber cardid 卡号 账号 帐号 账户"
    " 卡片号 收款卡号"
)

# -- by value

_mobile = re.compile(
    r"(?:\(?(?:\+|00)?86\)?[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}", re.ASCII
).fullmatch
_abroad = re.compile(r"\+[1-9][0-9 ()-]{8,20}", re.ASCII).fullmatch
_card = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx]", re.ASCII).fullmatch
_bank = re.compile(r"[3-6][0-9]{12,18}", re.ASCII).fullmatch
LENGTH_OF_CARD = 18
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
PROVINCES = words(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65"
    " 71 81 82 83"
)


def of_value(text: str) -> PersonalKind | None:
    """The kind of a text that is, as a whole, the phone of a person or an id card."""
    if not text.isascii():
        text = normalising.clean(text)
    if len(text) == LENGTH_OF_CARD and is_id_card(text):
        return ID_CARD
    is_like = _mobile(text) or (text[:1] == "+" and _abroad(text))
    return PHONE if is_like and normalising.phone(text) else None


def is_id_card(text: str) -> bool:
    """A resident's number: a province, a day of birth, and the check digit of GB 11643."""
    if not _card(text) or text[:2] not in PROVINCES:
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return (
        CHECK[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, text, strict=False)) % 11]
        == text[17].upper()
    )


def is_bank_card(text: str) -> bool:
    """13 to 19 digits of a bank's range with the check digit of Luhn."""
    text = compact(text)
    if not _bank(text):
        return False
    doubled = (int(c) * 2 if n % 2 else int(c) for n, c in enumerate(reversed(text)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
