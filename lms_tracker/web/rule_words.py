"""Rules that requests are refused by, in the words of the pages. Their names, and what senders are told, are elsewhere.

The sender got the fault in English, with the paragraph of the standard: pages show that, too, for whoever writes to the
people who run the source.
"""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

RULE_WORDS = {
    "json": N_("内容应是 UTF-8 编码的 JSON 对象"),
    "depth": N_("嵌套最多 64 层"),
    "duplicate-key": N_("同一个对象里，一个键只能出现一次"),
    "nul": N_("文字里不能有空字符 U+0000"),
    "number-range": N_("数字超出范围：整数最多 64 位，小数最多双精度"),
    "too-many": N_("太多：一次最多一万条语句，一条语句最多 50 万个文字、括号和逗号"),
    "too-long": N_("用来查找的内容太长，最多 2,000 字节"),
    "required": N_("缺少必填的属性"),
    "unknown-property": N_("标准里没有这个属性，或者大小写不对"),
    "null": N_("只有扩展里可以用 null"),
    "type": N_("数据类型不对"),
    "uuid": N_("编号不是标准写法的 UUID"),
    "iri": N_("不是完整的地址（IRI），应以协议开头，例如 https://"),
    "language-tag": N_("语言代码不对，应像 zh-CN、en"),
    "timestamp": N_("时间写法不对，应像 2026-03-01T08:00:00Z"),
    "duration": N_("时长写法不对，应像 PT45M"),
    "mbox": N_("邮箱应写成 mailto: 加地址"),
    "sha1": N_("邮箱的 SHA-1 应是 40 位十六进制数"),
    "sha2": N_("附件的 SHA-2 不对，或与内容不符"),
    "content-type": N_("内容类型（Content-Type）不对"),
    "actor-type": N_("行为者只能是 Agent 或 Group"),
    "one-identifier": N_("行为者须有且只有一个标识：邮箱、邮箱的 SHA-1、openid 或账号"),
    "agent-members": N_("单个人（Agent）没有成员"),
    "group-members": N_("没有标识的小组须列出成员"),
    "nested-group": N_("小组的成员不能是小组"),
    "object-type": N_("对象的类型不对"),
    "object-property": N_("这种对象没有这个属性"),
    "sub-statement": N_("子语句不能有编号、存入时间、版本和授权者，也不能再含子语句"),
    "interaction-type": N_("互动类型不在标准的十种之内"),
    "interaction-components": N_("互动的各项编号重复，或者没有说明互动类型"),
    "score-scaled": N_("折算分（scaled）应在 -1 和 1 之间"),
    "score-order": N_("分数应在最低分和最高分之间，最低分应小于最高分"),
    "team": N_("团队（team）须是小组"),
    "activity-only": N_("只有对象是活动时才能有 revision 和 platform"),
    "authority": N_("授权者须是一个人，或者恰有两名成员、没有标识的小组"),
    "context-actor": N_("相关人员（contextAgents、contextGroups）的写法不对"),
    "version": N_("语句的版本不支持，或者高于请求的版本"),
    "voiding": N_("作废语句的对象须是一条语句的编号（StatementRef）"),
    "attachment-data": N_("附件既没有网址也没有内容"),
    "signature": N_("签名与语句不符，或者写法不对"),
    "multipart": N_("多部分（multipart）的内容拆不开，或者附件与语句对不上"),
    "id-mismatch": N_("地址里的编号与语句的编号不同"),
    "duplicate-id": N_("同一批里有两条编号相同"),
    "bounds": N_("密钥只限某一个人或某一个活动，这条语句超出了范围"),
    "void": N_("密钥只能作废它自己存入的语句"),
    "erased": N_("此人的信息已经删除，不再接收"),
    "stored": N_("导入的每一行都要有存入时间"),
    "parameter": N_("请求的参数不认识、重复、缺少或写法不对"),
    "content-encoding": N_("正文压缩过（Content-Encoding），应原样发送"),
    "conflict": N_("已有同一编号的另一条语句"),
    "merge": N_("只有 JSON 对象才能合并"),
    "precondition": N_("If-Match 或 If-None-Match 不成立或缺少"),
    "scope": N_("密钥没有这项权限"),
    "alternate-syntax": N_("替代写法的表单不合规定"),
}
"""By the names of core.xapi.errors.RULES and lrs.rules.REQUEST_RULES; a test holds them complete."""
BY_STATUS = {
    400: N_("请求本身不合规定，例如缺少版本号"),
    403: N_("密钥不允许这样做"),
    409: N_("与已有的内容冲突"),
    413: N_("内容超过允许的大小"),
}
"""Of refusals without a rule."""

_VALUE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?[0-9][0-9.e+-]*(?= \()""")


def refusal(rule: str | None, status: int, reason: str) -> str:
    """Why a request was refused, in the language of this request, with the value that is at fault where one was named.

    `reason` is what the sender was told: it begins with the value in quotes, or with a number.
    """
    words = RULE_WORDS.get(rule or "") or BY_STATUS.get(status) or BY_STATUS[400]
    value = _VALUE.match(reason)
    return _("%(words)s（收到：%(value)s）", words=words, value=value[0].strip()) if value else str(words)
