"""A questionnaire as plain text, one question a line, so that it can be written anywhere and pasted.

# 内容与形式                                   a topic: what follows belongs to it
满意度 | 课程内容切合工作需要                    five steps, from very satisfied
单选 | 您希望的上课时间 | 工作日晚上 | 周末        one of the options
多选 | 您想学什么 | 依法治校 | 课程领导 | 校园安全   any of them
填空 | 您的建议                                 words
"""

from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import Kind, Question, checked_question

KINDS: dict[str, Kind] = {
    "满意度": "scale", "scale": "scale", "单选": "single", "single": "single", "多选": "multiple",
    "multiple": "multiple", "填空": "text", "text": "text",
}  # fmt: skip

SATISFACTION = """\
# 内容与形式
满意度 | 课程内容切合工作需要
满意度 | 授课形式便于学习
# 网络与平台
满意度 | 学习平台稳定、好用
满意度 | 视频清晰流畅
# 管理与服务
满意度 | 通知和提醒及时
满意度 | 问题有人答复
填空 | 您最想改进的一点
"""

NEEDS = """\
多选 | 您希望学习哪些专题 | 依法治校 | 课程领导 | 教师发展 | 校园安全 | 教育信息化
单选 | 您方便参加直播的时间 | 工作日晚上 | 周六上午 | 周六下午 | 周日
填空 | 其他需要
"""


def parse_questions(text: str) -> tuple[list[Question], list[tuple[int, str]]]:
    """(questions, faults as (line from 1, key)): `kind` unknown, or what `checked_question` refuses."""
    questions: list[Question] = []
    faults: list[tuple[int, str]] = []
    topic = ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if plain.startswith("#"):
            topic = plain.lstrip("# ").strip()
        elif plain:
            first, *rest = (part.strip() for part in plain.replace("｜", "|").split("|"))
            kind = KINDS.get(first.casefold())
            if kind is None or not rest:
                faults.append((number, "kind"))
                continue
            try:
                questions.append(checked_question(Question(kind, rest[0], topic, tuple(rest[1:]))))
            except NotAllowed as e:
                faults.append((number, e.why))
    return questions, faults
