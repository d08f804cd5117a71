"""The invented catalogue: courses on leading a school, and the work that is handed in."""

from collections.abc import Iterator

import msgspec

BASE = "https://learn.example.org"
"""Home of all invented activities and accounts; example.org belongs to nobody (RFC 2606)."""

PROGRAMME_IRI = f"{BASE}/programme/p1-principals"


class Unit(msgspec.Struct, frozen=True):
    """One unit: `kind` is video, document or live; `length_s` seconds of media, or of reading or attending."""

    iri: str
    title: str
    kind: str
    length_s: int
    course: str
    course_iri: str
    course_kind: str


# course, kind, (unit, kind, minutes) x 3
COURSES: list[tuple[str, str, list[tuple[str, str, float]]]] = [
    (
        "教育政策与依法治校",
        "required",
        [("义务教育法要点解读", "video", 32), ("学校章程建设", "video", 28.5), ("依法治校案例阅读", "document", 25)],
    ),
    (
        "学校发展规划",
        "required",
        [
            ("规划的起点：学校自我诊断", "video", 38),
            ("目标、路径与指标", "video", 35),
            ("规划的实施与修订", "video", 27),
        ],
    ),
    (
        "课程领导力",
        "required",
        [("国家课程的校本化实施", "video", 41), ("校本课程开发", "video", 33), ("课程方案编制（直播）", "live", 90)],
    ),
    (
        "教学管理与质量监测",
        "required",
        [("课堂观察的方法", "video", 36), ("用数据改进教学", "video", 30), ("作业管理与减负", "video", 24)],
    ),
    (
        "教师队伍建设",
        "required",
        [("青年教师的成长阶梯", "video", 29), ("教研组建设", "video", 34), ("教师评价与激励", "video", 31.5)],
    ),
    (
        "德育与心理健康",
        "required",
        [("学校德育体系", "video", 33), ("学生心理危机的识别", "video", 42), ("家校沟通手册", "document", 20)],
    ),
    (
        "校园安全与应急管理",
        "required",
        [("安全责任清单", "video", 22), ("应急预案与演练", "video", 26), ("食品与交通安全", "video", 19)],
    ),
    (
        "学校文化与办学特色",
        "elective",
        [("文化不是标语", "video", 35), ("特色的形成", "video", 30), ("校园空间的教育意义", "video", 25)],
    ),
    (
        "教育信息化与智慧校园",
        "elective",
        [("数据素养入门", "video", 37), ("网络教研的组织", "video", 28), ("数字资源答疑（直播）", "live", 60)],
    ),
    (
        "农村学校的改进",
        "elective",
        [("小规模学校的优势", "video", 31), ("复式教学再发现", "video", 27), ("寄宿制学校管理", "video", 33)],
    ),
    (
        "学校财务与后勤",
        "elective",
        [("预算与内控", "video", 29), ("校产与采购", "video", 23), ("后勤服务标准", "document", 18)],
    ),
    (
        "沟通与公共关系",
        "elective",
        [("与媒体打交道", "video", 26), ("社区资源的利用", "video", 24), ("会议的艺术", "video", 21)],
    ),
    (
        "校长的时间管理",
        "elective",
        [("轻重缓急", "video", 18), ("听评课进日程", "video", 22), ("授权与跟进", "video", 20)],
    ),
    (
        "中外教育名著选读",
        "extension",
        [("《学记》导读", "video", 40), ("杜威与陶行知", "video", 45), ("《给教师的建议》选读", "document", 30)],
    ),
]

GUIDE_IRI = f"{BASE}/course-guide"
GUIDE: list[tuple[str, str, str, int, str, str]] = [
    (
        f"{GUIDE_IRI}/unit-1",
        "学习时间怎样计入",
        "video",
        240,
        "how-time-counts.webm",
        (
            "0:00 学习时间怎样计入\n0:30 页面在前面，正在播放\n1:00 确认您在场\n1:30 速度\n2:00 断网不要紧\n2:30 一次只学一处\n"
            "3:00 每一秒都有说法\n3:30 谢谢观看"
        ),
    ),
    (f"{GUIDE_IRI}/unit-2", "学习时间规则", "document", 300, "rules.html", ""),
    (f"{GUIDE_IRI}/unit-3", "常见问题", "document", 180, "questions.html", ""),
]
"""The course that can be studied here, with media of our own: (activity, title, kind, seconds, file of demo/media, chapters).
Nobody has studied it yet: it is no part of `units`."""

LIVE_AT = {"course-03/unit-3": (9, 9), "course-09/unit-3": (23, 19)}
"""Live classes: day of the programme (0 is its first), and hour of local time."""

# title, component, day of the programme on which it is due, weight; the experts mark in the fortnight after
WORK = [
    ("作业一：学校自我诊断报告", "assignments", 10, 1),
    ("作业二：一节课的观察记录", "assignments", 20, 1),
    ("作业三：教研组建设方案", "assignments", 31, 1),
    ("作业四：家校沟通案例", "assignments", 90, 1),
    ("作业五：应急演练方案", "assignments", 180, 1),
    ("作业六：学校发展规划（节选）", "assignments", 270, 2),
    ("研修成果：学校改进案例（初稿）", "research", 28, 1),
    ("研修成果：学校改进案例（终稿）", "research", 330, 1),
]


def units() -> Iterator[Unit]:
    """All units in the catalogue's order."""
    for c, (course, kind, parts) in enumerate(COURSES, 1):
        for u, (title, unit_kind, minutes) in enumerate(parts, 1):
            course_iri = f"{BASE}/course-{c:02}"
            yield Unit(f"{course_iri}/unit-{u}", title, unit_kind, int(minutes * 60), course, course_iri, kind)


def catalogue_table() -> list[list[str]]:
    """The catalogue as an operator would save it, for `parse_catalogue`."""
    header = ["课程", "课程类别", "单元", "活动标识", "单元类别", "时长"]
    rows = [
        [
            u.course,
            u.course_kind,
            u.title,
            u.iri,
            u.kind,
            f"{u.length_s // 3600}:{u.length_s // 60 % 60:02}:{u.length_s % 60:02}",
        ]
        for u in units()
    ]
    guide = [
        ["平台使用入门", "required", title, iri, kind, f"0:{length // 60:02}:{length % 60:02}"]
        for iri, title, kind, length, _, _ in GUIDE
    ]
    return [header, *guide, *rows]
