"""What is personal is told by its key, or by the value where the key says nothing; ids and the rest
stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.privacy import personal
from customers.privacy.personal_keys import is_own
from customers.privacy.personal_kinds import is_bank_card, is_id_card

ID_CARD = "11010519491231002X"
KEYS = {
    "phone": (
        """phone Phone PHONE mobile mobilePhone mobile_phone phoneNumber phone_number phone-number PhoneNumber PHONE_NUMBER phoneNo tel telephone
        receiver_phone receiverPhone ReceiverPhoneNumber contact_phone contactMobile user_phone userMobile member_mobile_phone shipping-phone
        emergency_contact_phone guardianPhone phone2 phone_1 phones phoneList ｐｈｏｎｅ $identity_mobile purePhoneNumber contactNumber
        手机 手机号 手机号码 电话 联系电话 收货人手机号 用户手机 紧急联系人电话 家长手机号 手机号2 备用电话"""  # noqa: E501
    ),
    "email": (
        "email Email e_mail e-mail eMail mail emailAddress email_address userEmail contact_email"
        " $identity_email 邮箱 电子邮箱 联系邮箱 用户邮箱地址"
    ),
    "id_card": (
        "idCard id_card IDCard ID_CARD idCardNo id_card_number idNumber identityCard identity_no"
        " patient_id_card 身份证 身份证号 身份证号码 患者身份证号"
    ),
    "medical_insurance": (
        "medicalInsuranceNo medical_insurance_number healthInsuranceNumber ssn 医保卡号 医保号"
        " 社保卡号 社会保障号 患者医保卡号"
    ),
    "medical_record": (
        "medicalRecordNumber medical_record_no mrn inpatientNo outpatient_number 病历号 病案号"
        " 住院号 门诊号 就诊卡号"
    ),
    "student_number": (
        "studentNumber student_no studentNo examNo 学籍号 学号 全国学籍号 准考证号 孩子学籍号"
    ),
    "bank_card": (
        "bankCard bank_card_no bankAccountNumber creditCardNumber 银行卡号 信用卡号 银行账号"
    ),
    "passport": "passport passportNo passport_number 护照号 港澳通行证号 台胞证号",
    "address": (
        "address Address addr street shippingAddress home_address addressLine1 address_line_2"
        " receiver_address 地址 详细地址 家庭住址 收货地址"
    ),
    "real_name": "realName real_name receiver_name consignee 真实姓名 收货人 收件人姓名",
    "messenger": "wechatId wechat_no 微信号 QQ号",
    "licence": "licensePlate plate_number 车牌号 driverLicenseNo 驾驶证号",
}
IDS = """orderNumber order_no orderId sku skuCode trackingNumber tracking_no waybillNo userId member_id product_id barcode timestamp amount total_fen
    订单号 运单号 快递单号 编号 商品编码 券码 流水号 transactionId"""  # noqa: E501
FREE = (
    "name nickname city level remark note note_text title 备注 城市 姓名 phone_model phoneBrand"
    " ip_address isMobile mobile_os hotel street_view cellar emailed mailing"
)


@pytest.mark.parametrize(
    ("kind", "key"), [(kind, key) for kind, keys in KEYS.items() for key in keys.split()]
)
def test_a_key_that_clients_use_is_known_by_whatever_spelling(kind, key):
    found = personal.kind_of(key, "some text")

    assert found is not None
    assert found.key == kind


@pytest.mark.parametrize("key", [*IDS.split(), *FREE.split()])
def test_other_keys_stay_in_clear(key):
    assert personal.kind_of(key, "some text") is None


@pytest.mark.parametrize("key", FREE.split())
@pytest.mark.parametrize(
    "value",
    [
        "13812345678",
        "+86 138 1234 5678",
        "138-1234-5678",
        "１３８１２３４５６７８",
        "+14155552671",
        ID_CARD,
        ID_CARD.lower(),
    ],
)
def test_a_whole_number_of_a_person_is_known_wherever_it_stands(key, value):
    assert personal.kind_of(key, value).key == ("id_card" if len(value) == 18 else "phone")


@pytest.mark.parametrize("key", IDS.split())
@pytest.mark.parametrize("value", ["13812345678", ID_CARD])
def test_under_keys_that_are_ids_a_number_is_an_id(key, value):
    assert personal.kind_of(key, value) is None


@pytest.mark.parametrize(
    "value",
    [
        "1381234567",
        "138123456789",
        "15412345678",
        "12345678901",
        "1706659200000",
        "2026-11-30T10:00:00Z",
        "110105194912310021",  # the check digit is wrong
        "110105194913310021",
        "990105194912310028",
        "call 13812345678",
        "13812345678,13912345678",
        "1.5.1 build 3812",
        "+0000000000",
        "",
        None,
        True,
        13812345678,
        3.5,
        {},
        [],
    ],
)
def test_what_only_looks_alike_is_not_personal(value):
    assert personal.kind_of("remark", value) is None


@pytest.mark.parametrize(
    ("value", "is_card"),
    [
        ("6222021234567890128", True),
        ("6222 0212 3456 7890 128", True),
        ("6222021234567890127", False),
        ("888", False),
    ],
)
def test_a_card_is_a_bank_card_where_its_check_digit_is_right(value, is_card):
    assert is_bank_card(value) is is_card
    assert (personal.kind_of("cardNo", value) is not None) is is_card
    assert personal.kind_of("bankCardNo", value).key == "bank_card"


def test_an_id_card_is_told_by_its_check_digit():
    assert [last for last in "0123456789Xx" if is_id_card(ID_CARD[:17] + last)] == ["X", "x"]


def test_what_is_the_customers_own_is_told_from_that_of_a_receiver():
    assert all(
        map(
            is_own,
            [
                "phone",
                "mobilePhone",
                "userPhone",
                "member_email",
                "$identity_mobile",
                "手机号",
                "用户手机号",
            ],
        )
    )
    assert not any(
        map(
            is_own,
            [
                "receiver_phone",
                "contactEmail",
                "emergency_contact_phone",
                "收货人手机号",
                "家长手机号",
                "city",
            ],
        )
    )


@pytest.mark.parametrize(
    ("key", "value", "masked"),
    [
        ("phone", "+86 138 1234 5678", "138****5678"),
        ("remark", "13812345678", "138****5678"),
        ("email", "Wang@Example.com", "w***@example.com"),
        ("idCard", "11010519491231002x", "110****2X"),
        ("医保卡号", "A1234 56789", "A1****89"),
        ("病历号", "B00012345", "B****45"),
        ("学籍号", "G110105194912310021", "G1****21"),
        ("bankCardNo", "6222021234567890128", "****0128"),
        ("passportNo", "E12345678", "E****78"),
        ("address", "幸福路七号", "••••"),
        ("realName", "王小明", "••••"),
        ("idCard", "12", "••••"),
        ("phones", ["13812345678"], "••••"),
    ],
)
def test_each_kind_is_masked_in_its_way(key, value, masked):
    assert personal.masked(key, value) == masked


def test_it_is_taken_out_at_any_depth_and_the_rest_stays():
    data = {
        "sku": "13812345678",
        "mobile": True,
        "remark": "13812345678",
        "receiver": {"receiverPhone": 13812345678, "city": "上海", "tags": ["a", ID_CARD]},
        "products": [{"product_id": "p", "giftee": {"idCard": ID_CARD}}, {"product_id": "q"}],
        "contacts": ["13812345678", "x"],
        "by_number": {"13812345678": {"visits": 3}},
        "$sealed": {"phone": "made up by the sender"},
        "empty": {"phone": None, "email": "", "address": []},
    }

    kept, lifted = personal.without_personal(data)

    assert kept == {
        "sku": "13812345678",
        "mobile": True,
        "receiver": {"city": "上海"},
        "products": [{"product_id": "p", "giftee": {}}, {"product_id": "q"}],
        "by_number": {},
        "empty": {"phone": None, "email": "", "address": []},
    }
    assert set(lifted) == {
        "remark",
        "receiver.receiverPhone",
        "receiver.tags",
        "products[0].giftee.idCard",
        "contacts",
        "by_number.13812345678",
        "$sealed",
    }
    assert set(personal.digests(lifted)) == {"remark", "receiver.receiverPhone"}


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["13812345678", ID_CARD]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=12) | st.sampled_from(["phone", "remark", "order_no"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.text(max_size=12) | st.sampled_from(["phone", "idCard", "remark", "$sealed"]),
        junk,
        max_size=5,
    )
)
def test_junk_never_raises_and_nothing_is_left_to_take_out(data):
    kept, lifted = personal.without_personal(data)
    personal.digests(lifted)

    assert personal.without_personal(kept) == (kept, {})
    assert all(personal.masked("x", value) for value in lifted.values())
