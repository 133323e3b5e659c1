"""Door words: said by the volunteer at the door, known to the elder and the family, in no offer and no link.

Two syllables, everyday things, nothing that sounds like another word of the list, nothing unlucky.
"""

import secrets

WORDS = {
    "zh": (
        "石榴 苹果 葡萄 西瓜 核桃 板栗 莲花 茉莉 牡丹 月季 桂花 兰花 柳树 松树 竹林 小麦 玉米 豆腐 饺子 馒头 包子 汤圆 "
        "月饼 茶壶 雨伞 蒲扇 棉袄 围巾 布鞋 毛衣 风筝 灯笼 鞭炮 秧歌 二胡 京剧 象棋 毛笔 红旗 长城 黄河 泰山 草原 大海 "
        "星星 月亮 太阳 彩虹 雪花 春风 燕子 喜鹊 鸽子 孔雀 熊猫 小马 金鱼 蝴蝶"
    ).split(),
    "en": (
        "apple orange lemon cherry walnut honey butter pepper garden river meadow sunset rainbow snowflake summer "
        "winter robin swallow rabbit pony kitten teapot candle ribbon button basket pillow blanket piano violin "
        "lantern window ladder compass marble silver velvet tulip daisy willow maple bamboo"
    ).split(),
}


def new_door_word(language: str) -> str:
    """Return a random easy word in the elder's language (Chinese unless it is English)."""
    return secrets.choice(WORDS["en" if language == "en" else "zh"])
