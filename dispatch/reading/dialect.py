"""Cantonese, and slips of keyboards and dictation, as the standard words that the lists are written in.

Only what can mean nothing else in Mandarin: 「唔该」 is thanks, 「不该」 is not.
"""

from __future__ import annotations

import re

_PAIRS = (
    "唔识抖气=没呼吸 抖唔到气=没呼吸 冇得抖=没呼吸 叫极都唔醒=叫不醒 跌亲=跌倒 跌低=跌倒 跌咗=跌倒了 晕低=晕倒 "
    "晕咗=晕倒了 火烛=着火 唔好意思=不好意思 唔好=不要 唔该晒=谢谢 唔该=谢谢 唔系=不是 唔係=不是 关係=关系 "
    "联係=联系 係=是 唔得闲=没空 冇得闲=没空 唔得空=没空 冇闲=没空 得闲=有空 得唔得=行不行 唔得=不行 唔使=不用 "
    "唔紧要=没关系 唔到=不了 做紧嘢=在忙 做紧野=在忙 返工紧=在上班 返紧工=在上班 返工=上班 塞紧车=堵车 塞车=堵车 "
    "出紧门=出门了 行紧过去=正在过去 行紧=在路上 搭紧车=在车上 唔识郁=不会动 郁唔到=动不了 冇晒=没 心口痛=胸口痛 "
    "搞得掂=没问题 俾我=给我 联络=联系 㗎= 迟少少=晚一点 迟啲=晚点 搞掂晒=搞定了 搞掂=搞定 搞定晒=搞定了 "
    "做晒=做完了 搵第二个=找别人 搵过第二个=找别人 边个=谁 边度=哪里 几多=多少 点解=为什么 屋企=家里 而家=现在 "
    "依家=现在 即刻=马上 啱啱=刚刚 头先=刚才 今日=今天 听日=明天 短讯=短信 简讯=短信 讯息=信息 廿=二十 帮手=帮忙 "
    "咗喇=了 晒喇=完了 唔=不 冇=没 嚟=来 喺=在 咗=了 喇=了 佢=他 啲=点 俾=给 畀=给 搵=找 嘅=的"
)
_CANTONESE = dict(pair.split("=") for pair in _PAIRS.split())
_CANTONESE_WORD = re.compile("|".join(_CANTONESE))

_SLIPS = [
    (re.compile(r"退定|推订|退丁"), "退订"),
    (re.compile(r"退(?=订单)"), "退掉"),
    (re.compile(r"(?<![\d一二三四五六两几])个半钟头?"), "一个半小时"),
    (re.compile(r"再(?=路上|半路|门口|楼下)"), "在"),
    (re.compile(r"(?<![可所自])[以己](?=经|到达|到了|出发|完成)"), "已"),
    (re.compile(r"(?<!感)恩(?![人情典爱惠怨])"), "嗯"),
    (re.compile(r"(?<!工)作(?=完|好了)"), "做"),
    (re.compile(r"(?<=[到完好发成定])[叻鸟勒]"), "了"),
    (re.compile(r"[率甩帅衰]倒|摔到"), "摔倒"),
    (re.compile(r"煤气[未位为]"), "煤气味"),
    (re.compile(r"[璐陆]上(?=了|$)"), "路上"),
]


def standard(simplified: str) -> str:
    """Return a text in simplified characters with dialect words and common slips written the standard way."""
    plain = _CANTONESE_WORD.sub(lambda match: _CANTONESE[match.group()], simplified)
    for slip, meant in _SLIPS:
        plain = slip.sub(meant, plain)
    return plain
