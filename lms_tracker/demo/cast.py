"""The invented people. Names are put together from syllables and belong to nobody; none depends on the seed."""

import random
from collections.abc import Iterator

import msgspec

COHORT = "校长一班"
PROGRAMME = "青禾市中小学校长远程培训（演示）"
BUREAU = "青禾市教育局"

APPEALS = "p12"
"""Whose network is poor, and who therefore appeals."""
APPEAL = "那天在乡村公交车上学习，信号时断时续，记录是后来一起补传的。请核实，谢谢。"

PASSWORD = "study-every-day"

STAFF = [
    ("headteacher", "程望舒", "head_teacher"),
    ("liaison", "纪怀谷", "liaison"),
    ("expert1", "苏闻笛", "expert"),
    ("expert2", "闻人知秋", "expert"),
    ("centre", "骆听澜", "staff"),
    ("bureau", "高若谷", "bureau"),
    ("admin", "言知夏", "administrator"),
]
"""Login, name, role of everybody who does not study."""
OUTSIDE_THE_ROSTER = {"bureau", "administrator"}

GROUP, CENTRE = "青禾市校长培训领导小组", "青禾市校长培训中心"
DISTRICTS = {"city": "青禾市城区", "town": "青禾市柳溪片区"}
OVERSEERS = [
    ("leading", "景行远", "leading_group", GROUP),
    ("trainer", "温如玉", "centre", CENTRE),
    ("district", "路修文", "bureau", DISTRICTS["town"]),
]
"""Login, name, role and organisation of those who oversee what is under an organisation."""

EVENTS = [
    (-20, "live", "开班直播：一年的安排", (19, 20), "网络直播间"),
    (3, "live", "专家直播答疑：课堂改进", (19, 21), "网络直播间"),
    (6, "deadline", "第一次作业提交截止", (), ""),
    (13, "holiday", "假期，不安排直播", (), ""),
    (16, "exam", "期中测验", (9, 11), "各区县考点"),
    (20, "bulletin", "发布学习通报", (), ""),
]
"""Days from the demo's day, kind, title, hours from and to (none: all day), place."""

CALLS = [
    ("p03", "headteacher", 12, "phone", False, "两次无人接听。", None),
    ("p03", "headteacher", 9, "phone", True, "学校迎接督导，月底前补上两节课。", 1),
    ("p07", "p01", 5, "message", True, "忘记登录名，已告知办法。", None),
    ("p05", "liaison", 4, "visit", True, "说明了离开页面的时间为什么不计入。", None),
]
"""Who was called, by whom, how many days ago, how, whether reached, what was said, since how many days to call again."""


class Learner(msgspec.Struct, frozen=True):
    """One principal. `kind` says how the evidence comes about (see `behaviour`); `hours` class hours sought so far."""

    login: str
    name: str
    school: str
    school_kind: str
    kind: str
    hours: float
    share: float = 0.0
    """Of the sessions of dishonest kinds, the share that is not honest study."""


# kind, how many, class hours from - to, share of dishonest sessions
_KINDS = [
    ("steady", 13, 3.8, 8.5, 0.0),
    ("auto_clicker", 1, 8.0, 9.0, 1.0),
    ("ahead", 4, 10.0, 13.5, 0.0),
    ("behind", 6, 0.8, 2.8, 0.0),
    ("never", 3, 0.0, 0.0, 0.0),
    ("note_taker", 3, 4.5, 8.0, 0.0),
    ("night_owl", 2, 5.0, 7.5, 0.0),
    ("flaky", 2, 5.0, 8.0, 0.0),
    ("rewatcher", 2, 6.0, 8.0, 0.0),
    ("two_devices", 2, 5.0, 7.0, 0.0),
    ("wrong_clock", 2, 4.5, 7.0, 0.0),
    ("older_platform", 4, 4.0, 8.0, 0.0),
    ("tab_left", 2, 7.0, 9.0, 0.7),
    ("keep_alive", 1, 8.0, 9.0, 0.8),
    ("packet_replay", 1, 8.0, 8.0, 1.0),
    ("one_shot", 1, 9.0, 9.0, 0.8),
    ("parallel", 2, 7.0, 9.0, 0.6),
    ("speed_up", 2, 7.0, 9.0, 0.6),
]

_SURNAMES = "林周吴郑冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹柏窦章云葛范彭鲁韦昌马苗方俞任袁柳史唐"
_FIRST = "知若明思景文怀清远嘉星书承以念安望亦修向"
_SECOND = "远川岚舟禾宁遥澄朗溪衡霖筠墨谦恒越棠屿歌"
_SINGLE = "岩峥珂屹菁澜骁湛蔚钧"
_LONG = {4: "欧阳若川", 13: "司徒明朗", 22: "上官清遥", 30: "阿依努尔·图尔荪江", 41: "索朗多吉·次仁", 47: "诸葛念安"}

_CITY = [f"青禾市第{n}中学" for n in "一二三四五六七八"] + [
    f"青禾市{name}小学"
    for name in ("实验", "育英", "朝阳", "文昌", "长虹", "滨河", "新城", "东风", "学府", "春晓", "光明", "南山")
]
_CITY += ["青禾市外国语学校", "青禾市特殊教育学校"]
_PLACES = [
    "柳溪",
    "石桥",
    "梅岭",
    "双河",
    "杨庄",
    "白沙",
    "青龙",
    "松岗",
    "金鸡",
    "大塘",
    "云台",
    "竹园",
    "沙坪",
    "三江",
    "望城",
    "龙泉",
    "枫林",
    "清水",
    "高桥",
]
_TOWN = [f"{place}镇中心小学" for place in _PLACES] + [f"{place}镇初级中学" for place in _PLACES[:12]]


def learners() -> list[Learner]:
    """The 53 principals; the first is the monitor. 22 lead schools of the city, 31 schools of the towns."""
    rng = random.Random("the demo's people")
    kinds = [kind for kind, count, *_ in _KINDS for _ in range(count)]
    rng.shuffle(kinds)
    kinds.remove("ahead")
    kinds.insert(0, "ahead")  # the monitor sets an example
    schools = [(name, "city") for name in _CITY] + [(name, "town") for name in _TOWN]
    rng.shuffle(schools)
    facts = {kind: rest for kind, _, *rest in _KINDS}
    people = []
    for n, (kind, (school, school_kind), name) in enumerate(zip(kinds, schools, _names(rng), strict=False), 1):
        low, high, share = facts[kind]
        hours = round(rng.uniform(low, high), 1)
        people.append(Learner(f"p{n:02}", name, school, school_kind, kind, hours, share))
    return people


def roster_table() -> list[list[str]]:
    """The people as an operator would save them, for `parse_roster`; bureau and administrator are not part of a roster."""
    header = ["姓名", "登录名", "学校", "学校类别", "班级", "角色"]
    rows = [
        [p.name, p.login, p.school, p.school_kind, COHORT, "monitor" if n == 0 else ""]
        for n, p in enumerate(learners())
    ]
    rows += [
        [name, login, "", "", COHORT if role == "head_teacher" else "", role]
        for login, name, role in STAFF
        if role not in OUTSIDE_THE_ROSTER
    ]
    return [header, *rows]


def organisations_table() -> list[list[str]]:
    """The tree as an operator would save it, for `parse_organisations`: the schools are those of the roster."""
    rows = [
        ["机构", "类别", "上级", "学校类别"],
        [GROUP, "领导小组", "", ""],
        [BUREAU, "教育局", GROUP, ""],
        [CENTRE, "培训中心", BUREAU, ""],
        *([name, "区县", CENTRE, ""] for name in DISTRICTS.values()),
    ]
    kinds = {p.school: p.school_kind for p in learners()}
    return rows + [[school, "学校", DISTRICTS[kind], kind] for school, kind in kinds.items()]


def _names(rng: random.Random) -> Iterator[str]:
    surnames = rng.sample(_SURNAMES, len(_SURNAMES))
    seen: set[str] = set()
    n = 0
    while True:
        surname = surnames[n % len(surnames)]
        given = rng.choice(_SINGLE) if rng.random() < 0.2 else rng.choice(_FIRST) + rng.choice(_SECOND)
        name = _LONG.get(n, surname + given)
        if name not in seen:
            seen.add(name)
            n += 1
            yield name
