"""What elders of the demo ask for: service, in the intake worker's words, and what neighbours text back."""

from linzhu.requests.catalogue import Code

ERRANDS: tuple[tuple[str, str], ...] = (
    (Code.GROCERIES, "鸡蛋一板、挂面两把、青菜；不要太贵的。"),
    (Code.MEDICINE, "云溪医院取降压药，医保卡在老人手里。"),
    (Code.PARCEL, "菜鸟驿站取件，两个小盒子。"),
    (Code.PHONE_HELP, "微信字太小，想把字号调大。"),
    (Code.MEAL, "老年食堂打一份软饭，少盐。"),
    (Code.COMPANIONSHIP, "愿意有人来下盘象棋，说说话。"),
    (Code.ESCORT, "云溪医院骨科复诊，上午有号。"),
    (Code.BILLS, "电费单到了，带现金去营业厅交。"),
    (Code.HOSPITAL_BOOKING, "眼科挂号，星期几都行，要上午。"),
    (Code.RIDE, "去云溪站接从外地回来的老伴。"),
    (Code.APP_HELP, "想学跟孙子视频。"),
    (Code.HOUSEKEEPING_BOOKING, "厨房水龙头漏水，约个师傅。"),
    (Code.GROCERIES, "米十斤，楼层高提不动。"),
    (Code.SAFETY_CHECK, "女儿打电话没人接，请去敲敲门。"),
    (Code.TICKET_BOOKING, "下月初去石家庄，靠窗，要下铺。"),
    (Code.PAPERWORK, "高龄补贴材料送到街道。"),
    (Code.DEVICE_SETUP, "新买的血压计，不会连手机。"),
    (Code.VENUE_BOOKING, "周末文化馆合唱活动，两个人。"),
    (Code.HOME_VISIT_BOOKING, "想请家庭医生上门看看腿。"),
    (Code.TAXI_BOOKING, "去医院换药，腿脚不便，要能放助行器的车。"),
    (Code.MEDICINE, "康宁大药房买膏药和钙片，有购物单。"),
    (Code.DIGITAL_PASS, "社保卡年审，要纸质证明。"),
)

YES = ("接{code}", "{code} 我去", "接 {code}", "接", "我来吧", "可以")
NO = ("不接{code}", "不好意思，没空", "今天有事", "不接")
UNCLEAR = "明天下午可以吗"
STRANGER = "你们这个志愿者怎么报名？我退休在家，想参加"
CANNOT = "孩子发烧，去不了了"
OPT_OUT = "退订"
