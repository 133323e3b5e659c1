import pytest
from django import forms

from linzhu.communities.phones import PhoneError, PhoneField, mask_phone, parse_phone, show_phone


@pytest.mark.parametrize(
    "text",
    [
        "13800001234",
        "138 0000 1234",
        "138-0000-1234",
        "+86 138 0000 1234",
        "+8613800001234",
        "008613800001234",
        "86 13800001234",
        "１３８００００１２３４",
        "\u202d13800001234\u202c",
        "138\u200b00001234",
        "013800001234",
        " 13800001234\n",
    ],
)
def test_mobile_is_read_however_it_is_typed(text):
    phone = parse_phone(text)
    assert (phone.e164, phone.ext, phone.mobile) == ("+8613800001234", "", True)


@pytest.mark.parametrize(
    "text", ["022-27318800", "(022)27318800", "02227318800", "+86 22 2731 8800", "０２２－２７３１８８００"]
)
def test_landline_is_read_and_is_no_mobile(text):
    phone = parse_phone(text)
    assert (phone.e164, phone.mobile) == ("+862227318800", False)


@pytest.mark.parametrize(
    "text",
    ["022-27318800转802", "022-27318800 转 802", "022-27318800分机802", "022-27318800-802", "022-27318800 ext 802"],
)
def test_extension_is_kept_apart(text):
    phone = parse_phone(text)
    assert (phone.e164, phone.ext) == ("+862227318800", "802")


def test_landline_without_area_code_offers_the_local_one(settings):
    settings.PHONE_AREA_CODE = "022"
    with pytest.raises(PhoneError, match="Did you mean 022-27318800"):
        parse_phone("2731 8800")


@pytest.mark.parametrize("text", ["13800001234/13900001234", "13800001234 13900001234", "13800001234、022-27318800"])
def test_two_numbers_in_one_field_are_refused(text):
    with pytest.raises(PhoneError, match="two numbers"):
        parse_phone(text)


@pytest.mark.parametrize("text", ["110", "120", "12345", "95128"])
def test_service_numbers_are_nobodys_phone(text):
    with pytest.raises(PhoneError):
        parse_phone(text)


@pytest.mark.parametrize("text", ["", "无", "abc", "1380000123", "138000012345", "12800001234", "00000000000", "转802"])
def test_impossible_numbers_are_refused(text):
    with pytest.raises(PhoneError):
        parse_phone(text)


def test_number_from_abroad_is_read():
    assert parse_phone("+852 9123 4567").e164 == "+85291234567"


@pytest.mark.parametrize(
    ("e164", "ext", "shown"),
    [
        ("+8613800001234", "", "138 0000 1234"),
        ("+862227318800", "", "022 2731 8800"),
        ("+862227318800", "802", "022 2731 8800 ext. 802"),
        ("+85291234567", "", "+852 9123 4567"),
        ("", "", ""),
    ],
)
def test_show_phone_is_how_people_write_it(e164, ext, shown):
    assert show_phone(e164, ext) == shown


@pytest.mark.parametrize(("e164", "shown"), [("+8613800001234", "138****1234"), ("+86123", "****"), ("", "****")])
def test_mask_phone_hides_the_middle(e164, shown):
    assert mask_phone(e164) == shown


def test_phone_field_cleans_to_e164():
    assert PhoneField().clean("138 0000 1234") == "+8613800001234"


def test_phone_field_that_needs_a_mobile_refuses_a_landline():
    with pytest.raises(forms.ValidationError, match="landline"):
        PhoneField(mobile=True).clean("022-27318800")


def test_phone_field_that_is_not_required_stays_empty():
    assert PhoneField(required=False).clean(" ") == ""
