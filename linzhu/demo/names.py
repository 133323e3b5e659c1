"""Names as people in a Chinese city have them; joined at random, they belong to nobody."""

from random import Random

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_ELDER_WOMEN = ("秀英", "桂兰", "淑珍", "玉兰", "桂芝", "凤英", "素芬", "秀兰", "玉珍", "惠芳", "月华", "淑琴")
_ELDER_MEN = ("建国", "德福", "志明", "国栋", "永年", "长海", "振华", "文彬", "宝山", "树林", "福生", "鸿儒")
_WOMEN = ("敏", "静", "丽娜", "晓燕", "婷婷", "雪梅", "佳怡", "欣悦", "海燕", "倩", "文静", "思琪", "慧", "蕾")
_MEN = ("磊", "强", "浩然", "志伟", "鹏", "俊杰", "海涛", "子轩", "明辉", "勇", "凯", "宇航", "斌", "建平")

NOTES = (
    "敲门要久一点，听力不好。",
    "家里有一只小狗，不咬人。",
    "喜欢上午办事，下午要午休。",
    "糖尿病，买东西注意无糖。",
    "老伴去年过世，愿意有人陪着说说话。",
    "电梯只到五楼，要走一层。",
    "出门习惯自己带布袋。",
    "儿子在外地，周末视频。",
    "普通话听得懂，说的是家乡话。",
    "药放在门口的红盒子里。",
)


UYGHUR_ELDER = 17
"""The elder who speaks Uyghur alone."""


def elder(number: int, *, woman: bool) -> str:
    """Return a name of the older generation; different for every number below a few hundred."""
    if number == UYGHUR_ELDER:
        return "阿依古丽·买买提" if woman else "买买提·艾山"
    given = _ELDER_WOMEN if woman else _ELDER_MEN
    return SURNAMES[number * 7 % len(SURNAMES)] + given[number * 5 % len(given)]


def surname(random: Random) -> str:
    return random.choice(SURNAMES)


def younger(random: Random, *, surname: str, woman: bool) -> str:
    return surname + random.choice(_WOMEN if woman else _MEN)
