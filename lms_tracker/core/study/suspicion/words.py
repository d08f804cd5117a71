"""Each signal in one sentence with its value, in Chinese and English: for the learner, and for who decides."""

from lms_tracker.core.counted import Counted
from lms_tracker.core.study.suspicion.answers import MOST
from lms_tracker.core.study.suspicion.found import Found

SENTENCES = {
    "quick_answers": (
        "在场确认的 {count} 次回答中，至少 {percent}% 不到 0.8 秒就完成，快于看清题目所需的时间。",
        "Of {count:presence check|presence checks}, at least {percent} % were answered in under 0.8 s, before anybody could read them.",
    ),
    "steady_answers": (
        "{count} 次在场确认的回答用时几乎相同（离散度不超过 {value:.2f}，一般人在 0.3 以上）。",
        "{count:presence check|presence checks} took almost the same time to answer (spread {value:.2f} at most; people's is above 0.3).",
    ),
    "drawn_answers": (
        (
            "{count} 次在场确认的回答用时像是在上下限之间随机抽取的，吻合程度是与人的用时（偶尔会慢得多）相比的{times}；"
            "这只说明用时的样子，不是由程序作答的概率。"
        ),
        (
            "{count:presence check|presence checks} took times that look drawn evenly between two bounds: they fit that {times} better than "
            "they fit people's, who now and then take much longer; this says how the times look, not how likely a program is."
        ),
    ),
    "untouched_answers": (
        "{count} 次在场确认中，至少 {percent}% 回答时浏览器没有任何键盘或鼠标操作。",
        "Of {count:presence check|presence checks}, at least {percent} % were answered while the browser saw no key and no pointer.",
    ),
    "guessed_answers": (
        "{count} 次在场确认中，至少 {percent}% 答错，像是没有看题就作答。",
        "Of {count:presence check|presence checks}, at least {percent} % were answered wrong, as if nobody had read them.",
    ),
    "signless": (
        "{count} 次学习（共 {value:.1f} 小时）中没有任何操作，也没有答对一次在场确认。",
        "In {count:session|sessions}, {value:.1f} h of study, there was not one input and no presence check answered right.",
    ),
    "side_by_side": (
        "有 {value:.1f} 小时同时播放两项或更多内容（涉及 {count} 次学习）。",
        "For {value:.1f} h two or more things were played at the same time, in {count:session|sessions}.",
    ),
    "even_inputs": (
        "在 {count} 段学习中，每段的操作次数几乎一样（离散度 {value:.2f}，一般人在 1 以上）。",
        "In {count:stretch|stretches} of study the number of inputs was nearly equal (dispersion {value:.2f}; people's is above 1).",
    ),
    "clockwork_inputs": (
        "{count} 次操作之间的间隔像时钟一样均匀（为随机间隔的 {percent}%）。",
        "{count:input|inputs} came as if by a clock: their spacing varied {percent} % as much as chance would have it.",
    ),
    "echoing_inputs": (
        "操作每隔固定时间就按同样的样子重复一遍（比对 {count} 处，重复程度 {percent}%，一般人为 0）。",
        "Inputs came back in the same pattern after a fixed time ({count:place|places} compared, {percent} % alike; people's: none).",
    ),
    "bare_answers": (
        "{count} 次在场确认中，至少 {percent}% 回答时没有任何键盘或鼠标操作，而同一平台上其他人回答时都有。",
        (
            "Of {count:presence check|presence checks}, at least {percent} % were answered without a key or pointer, while other "
            "people's answers on the same platform come with one."
        ),
    ),
    "drawn_beats": (
        (
            "{count} 次学习（共 {value:.1f} 小时）除观看外没有任何动作，播放信号的间隔像是随机抽取，"
            "而同一平台上其他人的信号都是定时的。"
        ),
        (
            "In {count:session|sessions}, {value:.1f} h of nothing but watching, signals came at intervals as if drawn by lot, while other "
            "people's on the same platform keep time."
        ),
    ),
    "resumed": (
        "播放暂停后无人操作就立即继续，共 {count} 次，每小时 {value:.0f} 次，而同一平台上其他人的播放器不会这样。",
        (
            "A pause ended at once with no hand on it {count:time|times}, {whole:time|times} an hour of play, while other people's players "
            "on the same platform stay paused."
        ),
    ),
    "short_pauses": (
        "{count} 次无人操作的暂停中，至少 {percent}% 在 6 秒内就继续播放，而同一平台上其他人的暂停要长得多。",
        (
            "Of {count:pause|pauses} that ended with no hand on them, at least {percent} % were over within 6 s, while other people's pauses "
            "on the same platform last."
        ),
    ),
    "only_answers": (
        "{count} 次学习（占 {percent}%）除回答在场确认外没有任何操作，而同一平台上其他人学习时多有操作。",
        (
            "In {count:session|sessions}, {percent} % of the study, nothing was touched but to answer presence checks, while other people's "
            "hands are seen on the same platform."
        ),
    ),
    "unproved": (
        "{count} 次学习（共 {value:.1f} 小时）的记录大多没有凭证，或重复使用旧凭证，而同一平台上其他人的记录都有各自的凭证。",
        (
            "In {count:session|sessions}, {value:.1f} h, most statements carried no proof or one that was used before, while other people's on "
            "the same platform carry one of their own each."
        ),
    ),
    "unopened": (
        "{count} 次学习（共 {value:.1f} 小时）只有播放信号，没有打开页面也没有开始播放的记录，而同一平台上其他人的都有。",
        (
            "In {count:session|sessions}, {value:.1f} h, there were signals of play, and nothing that opened or started it, while other "
            "people's on the same platform begin with that."
        ),
    ),
    "unasked": (
        "{count} 次学习中一次在场确认也没有出现，按同一平台上其他人的情况，至少少了 {value:.0f} 次。",
        (
            "In {count:session|sessions} no presence check came up at all: by what other people are asked on the same platform, "
            "{whole:check is|checks are} missing at least."
        ),
    ),
    "keep_alive": (
        "播放暂停后在 1.5 秒内又自动继续，共 {count} 次，每小时 {value:.0f} 次。",
        "A pause was ended within 1.5 s {count:time|times}, {whole:time|times} an hour of play.",
    ),
    "restless_speed": (
        "无人操作时播放速度改变了 {count} 次，每小时 {value:.0f} 次。",
        "The playback speed changed {count:time|times} with no hand on it, {whole:time|times} an hour.",
    ),
    "other_answers": (
        "有 {count} 次在场确认到时未答，前后不久却答了另一次：所答的不是正在问的那一次。",
        (
            "{count:presence check|presence checks} ran out although another was answered shortly before or after: what was answered was not "
            "what was asked."
        ),
    ),
    "no_rest": (
        "24 小时之内播放了 {value:.1f} 小时。",
        "{value:.1f} hours were played within 24 hours.",
    ),
    "lifeless": (
        "{value:.1f} 小时的播放中没有一次暂停、拖动或切换，进度与时钟分毫不差，信号间隔像是随机生成的。",
        "{value:.1f} h of play without a pause, seek or glance away, exact to the clock, with waits as if drawn by lot.",
    ),
    "unbroken": (
        (
            "有 {count} 次一项接一项地连续播放两小时以上，其间没有暂停、拖动、变速或切换窗口，也没有停下三分钟，"
            "超出两小时的部分共 {value:.1f} 小时。"
        ),
        (
            "{count:time|times} unit followed unit for more than two hours without a pause, a jump, a change of speed, a look "
            "elsewhere or three minutes' rest: {value:.1f} h beyond the second hour."
        ),
    ),
    "replay": (
        "一次学习中有 {percent}% 的操作节奏与更早的另一次学习完全相同。",
        "{percent} % of what was done in a session repeats an earlier session's rhythm exactly.",
    ),
    "copies": (
        "有 {value:.0f} 次学习的操作节奏几乎完全重复了更早的一次学习（共比对 {count} 次）。",
        "{whole:session repeats|sessions repeat} an earlier one in nearly everything that was done, of {count:session|sessions} compared.",
    ),
    "in_order": (
        "与另外 {count} 个账号几乎每次先后开始同一内容，顺序也总是相同（{percent}%，各人自学时约为 65%）。",
        (
            "Began the same content as {count:other account|other accounts}, nearly each time, and in the same order ({percent} % of the times; "
            "of people by themselves about 65 %)."
        ),
    ),
    "queued": (
        "有 {value:.0f} 次学习总在同一账号的同一内容刚结束（两分钟内）时开始，或刚开始时结束，三个以上账号依次相接。",
        (
            "{whole:session|sessions} began within two minutes of the end of the same other account's on the same content, or ended as its "
            "began, in a queue of three accounts and more."
        ),
    ),
    "in_step": (
        "有 {count_kept} 次学习与另一账号学习同一内容，开始和结束都保持相同的时间差。",
        "{count_kept:session|sessions} began and ended at the same distance from another account's on the same content.",
    ),
    "relay": (
        "有 {value:.0f} 次学习与同一设备上其他账号的学习前后相接（三个以上账号接连，间隔不到两分钟）。",
        (
            "{whole:session|sessions} followed, or were followed by, other accounts' on the same device within two minutes, three accounts "
            "and more in a row."
        ),
    ),
    "shadowed": (
        "在同一台设备上，有 {value:.0f} 次学习总是与另一账号的学习相隔同样的时间开始。",
        "{whole:session|sessions} on one device began at the same distance from another account's there.",
    ),
    "volley": (
        "有 {value:.0f} 次学习与同一设备上其他至少三个账号的学习同时或每隔同样的时间依次开始。",
        "{whole:session|sessions} began at once with those of three other accounts or more on the same device, or one after the other at even distances.",
    ),
    "crowded_device": (
        "同一台设备上另有 {value:.0f} 个账号多次与本账号同时播放。",
        "{whole:other account|other accounts} repeatedly played on the same device at the same time.",
    ),
    "handed_over": (
        "有 {value:.0f} 次测验紧接着另一账号作答之后（同一设备，或总是同一账号）得到高分，而学习内容很少。",
        (
            "{whole:test|tests} scored high minutes after another account had tried (on the same device, or always the same "
            "account), with little study."
        ),
    ),
    "tried_before": (
        "有 {value:.0f} 次学习都紧接在同一个账号试答同一内容的在场确认（多次答错、观看很少）之后开始。",
        (
            "{whole:session|sessions} began soon after the same other account had tried that content's checks, "
            "wrong ones among them, with little of it played."
        ),
    ),
    "stand_in": (
        "{count} 次测验在从未用于学习的设备上取得高分，用时或成绩与本人的其他测验、其他人的用时相差悬殊（共 {value:.0f} 处）。",
        (
            "{count:test was|tests were} passed well on a device never used for study, in {whole:way|ways} quite unlike the learner's own "
            "tests or other people's times."
        ),
    ),
    "paced_and_still": (
        (
            "{count} 次学习中除观看外没有暂停、拖动或切换窗口，而键盘或鼠标操作过于均匀"
            "（起伏至多为随机情形的 {percent}%，一般人高于随机）。"
        ),
        (
            "In {count:session|sessions} nothing was done but watching, and inputs came too evenly: they varied at most {percent} % as much "
            "as by chance; people's vary more."
        ),
    ),
    "paced_and_quick": (
        (
            "{count} 次学习的操作过于均匀（起伏至多为随机情形的 {percent}%，一般人高于随机），"
            "在场确认也答得过快（至少一半的用时不超过大家通常用时的 {percent}%）。"
        ),
        (
            "In {count:session|sessions} inputs came too evenly (varying at most {percent} % as much as by chance; people's vary more), "
            "and at least half of the presence checks took at most {percent} % of the time that people usually take."
        ),
    ),
}
"""Signal -> (Chinese, English)."""


def say(name: str, found: Found, locale: str) -> str:
    """The sentence. `locale` beginning with "zh" reads Chinese, any other English."""
    chinese = locale.startswith("zh")
    return SENTENCES[name][0 if chinese else 1].format(
        value=found.value,
        percent=round(found.value * 100),
        times=_times(found.value, chinese),
        whole=Counted(round(found.value)),
        count=Counted(found.count),
        count_kept=Counted(len(found.sessions)),
    )


def _times(power: float, chinese: bool) -> str:
    """A power of ten as people say how many times, in one figure."""
    if power >= MOST:
        return " 100 万倍以上" if chinese else "more than a million times"
    many = int(float(f"{10**power:.0e}"))
    if not chinese:
        return f"about {many:,} times"
    return f"约 {many // 10_000} 万倍" if many >= 10_000 else f"约 {many} 倍"
