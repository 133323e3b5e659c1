"""What Aliyun's error codes mean to us (help.aliyun.com/document_detail/101346.html for answers, 101347 for receipts).

docs/sms.md says what to do about them.
"""

from linzhu.notifications.gateways.faults import Fault
from linzhu.notifications.models import Message

State = Message.State

ACCOUNT = frozenset(
    {
        "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "InvalidAccessKeyId", "SignatureDoesNotMatch",
        "IncompleteSignature", "InvalidTimeStamp.Expired", "Forbidden.RAM", "NoPermission",
        "isp.RAM_PERMISSION_DENY", "isv.DENY_IP_RANGE", "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL",
        "isv.PRODUCT_UN_SUBSCRIPT", "isv.PRODUCT_UNSUBSCRIBE", "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH",
        "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL",
        "isv.SMS_SIGN_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL", "isv.SIGN_STATE_ILLEGAL", "isv.SIGN_NAME_ILLEGAL",
    }
)  # fmt: skip
"""Key, account, money, signature: until somebody puts it right, no other text goes out either."""

UNSURE = frozenset({"isp.SYSTEM_ERROR", "isp.UNKNOWN", "isp.GATEWAY_ERROR", "InternalError", "ServiceUnavailable"})
"""Something broke over there, perhaps after the text was taken."""

FAULTS: dict[str, Fault] = {
    **dict.fromkeys(ACCOUNT, Fault.CONFIGURATION),
    # Answers to SendSms: the text was not taken.
    "isv.MOBILE_NUMBER_ILLEGAL": Fault.NUMBER,
    "isv.BUSINESS_LIMIT_CONTROL": Fault.PASSING,  # too many to this number: a minute's, an hour's or the day's limit
    "isv.SMS_TEMPLATE_ILLEGAL": Fault.CONFIGURATION,  # not approved, or another account's
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": Fault.CONFIGURATION,
    "isv.EXTEND_CODE_ERROR": Fault.CONFIGURATION,
    "isv.TEMPLATE_MISSING_PARAMETERS": Fault.CONFIGURATION,
    "isv.TEMPLATE_PARAMS_ILLEGAL": Fault.HUMAN,
    "isv.INVALID_PARAMETERS": Fault.HUMAN,
    "isv.INVALID_JSON_PARAM": Fault.HUMAN,
    "isv.PARAM_LENGTH_LIMIT": Fault.HUMAN,
    "isv.PARAM_NOT_SUPPORT_URL": Fault.HUMAN,
    "isv.BLACK_KEY_CONTROL_LIMIT": Fault.HUMAN,
    "isv.SMS_CONTENT_ILLEGAL": Fault.HUMAN,
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": Fault.HUMAN,
    # Receipts: the carrier's word about a text that was taken.
    "INVALID_NUMBER": Fault.NUMBER,
    "MOBILE_NOT_ON_SERVICE": Fault.NUMBER,
    "MOBILE_ACCOUNT_ABNORMAL": Fault.NUMBER,
    "MOBILE_IN_BLACK": Fault.NUMBER,
    "USER_REJECT": Fault.OPTED_OUT,
    "MOBLLE_TERMINAL_ERROR": Fault.PASSING,  # spelt like this
    "MOBILE_TERMINAL_ERROR": Fault.PASSING,
    "SP_UNKNOWN_ERROR": Fault.PASSING,
    "EXPIRED": Fault.PASSING,
    "MOBILE_SEND_LIMIT": Fault.HUMAN,
    "CONTENT_KEYWORD": Fault.HUMAN,
    "CONTENT_ERROR": Fault.HUMAN,
    "SP_NOT_BY_INTER_SMS": Fault.CONFIGURATION,
    "NO_ROUTE": Fault.CONFIGURATION,
}

WAITING, FAILED, ARRIVED = 1, 2, 3  # SendStatus in QuerySendDetails


def fault_of(code: str) -> Fault:
    """Return what kind of fault an error code is; for a code that nobody has met yet, a human looks."""
    if code.startswith("Throttling"):
        return Fault.PASSING
    return FAULTS.get(code, Fault.HUMAN)


def state_of_receipt(arrived: bool, code: str) -> Message.State:
    """Return our state for a carrier's receipt."""
    if arrived:
        return State.DELIVERED
    return State.SUPPRESSED if fault_of(code) is Fault.OPTED_OUT else State.UNDELIVERED


def state_of_detail(send_status: int, code: str) -> Message.State:
    """Return our state for a row of QuerySendDetails: a new number of theirs counts as the least, *accepted*."""
    if send_status in {FAILED, ARRIVED}:
        return state_of_receipt(send_status == ARRIVED, code)
    return State.ACCEPTED
