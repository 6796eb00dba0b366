import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.errors import UsageError
from qa.read.data import (
    Example,
    LoadReport,
    check_answer,
    held_out,
    load_sets,
    load_squad_file,
    passage_hash,
    passages_of_folder,
)
from qa.read.data_lexicon import load_lexicon, switch
from qa.read.data_negatives import NameExchange, Neighbours, WordExchange
from qa.read.data_nerel import make_questions
from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Recipe, batches, collate, make_items, sentence_starts


def example(**changes: object) -> Example:
    values: dict[str, object] = {
        "id": "1",
        "set": "s",
        "question_language": "en",
        "passage_language": "en",
        "question": "Where did Ada Byron live in 1833?",
        "passage": "In 1833 Ada Byron lived in London. It was cold. Paris was far.",
        "answers": ((27, 33),),
    }
    return Example(**(values | changes))  # type: ignore[arg-type]


def squad(path: Path, passage: str, *questions: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    paragraph = {"context": passage, "qas": list(questions)}
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("passage", "text", "start", "expected"),
    [
        pytest.param("a London b", "London", 2, ((2, 8), False), id="right"),
        pytest.param("a London b", " London ", 1, ((2, 8), False), id="spaces around"),
        pytest.param("a London b", "London", 5, ((2, 8), True), id="moved"),
        pytest.param("Rome, Rome, Rome", "Rome", 7, ((6, 10), True), id="nearest"),
        pytest.param("a LONDON b", "London", 0, ((2, 8), True), id="other case"),
        pytest.param("a London b", "Paris", 2, None, id="absent"),
        pytest.param("a London b", "  ", 2, None, id="empty"),
        pytest.param("x" * 600 + "ab ab", "ab", 0, None, id="several, all far"),
        pytest.param("x" * 600 + "ab", "ab", 0, ((600, 602), True), id="one, far"),
        pytest.param("İ a LONDON", "London", 0, None, id="case folding changes the length"),
    ],
)
def test_check_answer(passage, text, start, expected):
    assert check_answer(passage, text, start) == expected


@settings(deadline=None, max_examples=60)
@given(
    st.text(max_size=40), st.text(min_size=1, max_size=8), st.text(max_size=40), st.integers(-9, 99)
)
def test_a_found_answer_always_stands_where_it_is_said_to(before, text, after, start):
    found = check_answer(before + text + after, text, start)
    if found is not None:
        (begin, end), _ = found
        assert (before + text + after)[begin:end].casefold() == text.strip().casefold()


def test_broken_records_are_counted_and_skipped(tmp_path):
    path = squad(
        tmp_path / "a.json",
        "Ada lived in London.",
        {"id": 1, "question": "Where?", "answers": [{"text": "London", "answer_start": "13"}]},
        {"id": 2, "question": "Where?", "answers": [{"text": "London", "answer_start": 11}]},
        {"id": 3, "question": "Where?", "answers": [{"text": "Paris", "answer_start": 0}]},
        {"id": 4, "question": "Where?", "answers": [{"text": "London"}]},
        {"id": 5, "answers": []},
        "nonsense",
        {"id": 6, "question": "Why?", "answers": []},
    )
    report = LoadReport()
    found = load_squad_file(path, "s", ("en", "en"), report)
    assert [e.id.split(":")[-1] for e in found] == ["1", "2", "6"]
    assert all(e.passage[a:b] == "London" for e in found for a, b in e.answers)
    assert report.counts == Counter(
        {
            ("s", "kept"): 2,
            ("s", "repaired"): 1,
            ("s", "answer_not_found"): 1,
            ("s", "broken"): 3,
            ("s", "unanswerable"): 1,
        }
    )
    assert any("broken 3" in line for line in report.lines())


@pytest.mark.parametrize("text", ["{", "[]", '{"data": 3}', '{"data": [{"paragraphs": [7]}]}'])
def test_a_file_that_is_not_squad_is_reported(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    report = LoadReport()
    assert load_squad_file(path, "s", ("en", "en"), report) == []
    assert report.counts["s", "broken"] == 1


def test_a_broken_line_of_jsonl_costs_only_itself(tmp_path):
    good = {
        "id": "1",
        "context": "In London.",
        "question": "Where?",
        "answers": {"text": ["London"], "answer_start": [3]},
    }
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(good) + "\n{oops\n\n" + json.dumps({**good, "context": 7}) + "\n")
    report = LoadReport()
    (found,) = load_squad_file(path, "s", ("kk", "kk"), report)
    assert found.answers == ((3, 9),)
    assert report.counts["s", "broken"] == 2


def test_most_chosen_answer_comes_first(tmp_path):
    answers = [{"text": t, "answer_start": 0} for t in ("In London town", "In London", "In London")]
    path = squad(
        tmp_path / "a.json", "In London town.", {"id": 1, "question": "Where?", "answers": answers}
    )
    (found,) = load_squad_file(path, "s", ("en", "en"), LoadReport())
    assert found.answers == ((0, 9), (0, 14))


def test_dev_passages_and_duplicates_are_dropped(tmp_path):
    question = {"id": 1, "question": "Where?", "answers": [{"text": "London", "answer_start": 3}]}
    squad(tmp_path / "train/tquad/a.json", "In London.", question, dict(question, id=2))
    squad(tmp_path / "dev/x/b.json", "Another one.")
    kept, report = load_sets(tmp_path / "train", ["tquad"], dev=tmp_path / "dev")
    assert len(kept) == 1
    assert report.counts["tquad", "duplicate"] == 1
    squad(tmp_path / "dev/x/b.json", "in  LONDON.", question)
    kept, report = load_sets(tmp_path / "train", ["tquad"], dev=tmp_path / "dev")
    assert kept == []
    assert report.counts["tquad", "in_dev"] == 2


def test_json_lines_under_the_name_json_bar_passages_too(tmp_path):
    rows = [json.dumps({"context": text, "question": "?"}) for text in ("One.", "Two.")]
    (tmp_path / "m.json").write_text("\n".join(rows))
    assert passages_of_folder(tmp_path) == {passage_hash("One."), passage_hash("two.")}


@pytest.mark.parametrize("name", ["nosuch", "tquad"])
def test_an_unknown_or_missing_set_is_an_error(tmp_path, name):
    with pytest.raises(UsageError, match=name):
        load_sets(tmp_path, [name])


def test_neighbours_hold_no_answer_and_are_near():
    passages = [
        "Ada lived in London for years.",
        "Ada studied mathematics with a tutor.",
        "London was where Ada was born.",
        "Oil prices rose again on Monday.",
    ]
    asked = example(question="Where did Ada live?", passage=passages[0], answers=((13, 19),))
    pool = [asked, *(example(passage=p) for p in passages[1:])]
    (found,) = Neighbours(pool).find([asked], top=3)
    assert found[0] == passages[1]
    assert passages[0] not in found
    assert passages[2] not in found


def test_neighbours_cross_languages_through_english():
    def pair(key: str, language: str, text: str) -> Example:
        return example(
            set="mlqa",
            key=key,
            passage_language=language,
            question_language=language,
            question=f"Where is the {key} tower?",
            passage=text,
            answers=(),
        )

    pool = [
        pair("red", "en", "The red tower."),
        pair("blue", "en", "The blue tower."),
        pair("red", "de", "Der rote Turm."),
        pair("blue", "de", "Der blaue Turm."),
    ]
    crossing = example(
        set="mlqa-cross",
        key="red",
        question_language="ru",
        passage_language="de",
        passage="Der rote Turm.",
        answers=((4, 8),),
    )
    assert Neighbours([*pool, crossing]).find([crossing]) == [["Der blaue Turm."]]


def test_exchange_changes_a_name_or_number_of_the_passage():
    pool = [example(), example(question="When did Charles Babbage die?")]
    exchange = NameExchange(pool)
    made = {exchange.exchange(pool[0], random.Random(seed)) for seed in range(20)}
    made.discard(None)
    assert made
    for question in made:
        assert question != pool[0].question
        assert "Charles Babbage" in question or "1833" not in question


def test_exchange_gives_up_where_nothing_can_be_exchanged():
    nothing = example(question="why was it cold?")
    assert NameExchange([nothing]).exchange(nothing, random.Random(1)) is None


def reworded_pool() -> list[Example]:
    asked = ["approved", "improved", "removed", "reserved"] * 30
    fillers = [f"{number}th" for number in range(120)]
    return [
        example(
            passage=f"The council approved the {filler} in 1833.",
            question=f"When was the {filler} {word}?",
            answers=((8, 12),),
        )
        for filler, word in zip(fillers, asked, strict=True)
    ]


def test_rewording_exchanges_a_word_that_the_passage_tells_for_one_that_it_does_not():
    pool = [*reworded_pool(), *(example(question=f"why {n}") for n in range(2000))]
    exchange = WordExchange(pool)
    made = {exchange.exchange(pool[0], random.Random(seed)) for seed in range(20)}
    others = ("improved", "removed", "reserved")
    assert made == {f"When was the 0th {word}?" for word in others}


def test_rewording_leaves_the_words_of_asking_alone():
    # Each of the four words stands in a quarter of these questions: none is of the matter.
    pool = reworded_pool()
    assert WordExchange(pool).exchange(pool[0], random.Random(1)) is None


def test_rewording_needs_question_and_passage_in_one_language():
    pool = [*reworded_pool(), *(example(question=f"why {n}") for n in range(2000))]
    crossing = replace(pool[0], passage_language="de")
    assert WordExchange(pool).exchange(crossing, random.Random(1)) is None


def test_nerel_questions_are_grammatical_and_true(tmp_path):
    text = "Анна Петрова, министр культуры, приехала в Москву. Илья Сидоров родился в 1950 году."

    def entity(n: int, kind: str, words: str) -> str:
        at = text.index(words)
        return f"T{n}\t{kind} {at} {at + len(words)}\t{words}"

    lines = [
        entity(1, "PERSON", "Анна Петрова"),
        entity(2, "PROFESSION", "министр культуры"),
        entity(3, "PERSON", "Илья Сидоров"),
        entity(4, "DATE", "1950 году"),
        "T5\tPERSON 0 4\tНичто",
        "R1\tWORKS_AS Arg1:T1 Arg2:T2\t",
        "R2\tDATE_OF_BIRTH Arg1:T3 Arg2:T4\t",
        "R3\tWORKS_AS Arg1:T9 Arg2:T2\t",
    ]
    (tmp_path / "1.ann").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "1.txt").write_text(text, encoding="utf-8")
    (tmp_path / "2.ann").write_text("T1\tPERSON 0 4\tАнна", encoding="utf-8")
    made = {
        e.question: [e.passage[a:b] for a, b in e.answers]
        for e in make_questions(tmp_path, tmp_path)
    }
    assert made["Когда родился Илья Сидоров?"] == ["1950 году"]
    assert ["министр культуры"] in made.values()
    assert ["Анна Петрова"] in made.values()


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("One. Two! Three?", [0, 5, 10]),
        ("No break", [0]),
        ("Title\n\nText. ", [0, 7]),
        ("一。二。", [0, 2]),
        ("", [0]),
    ],
)
def test_sentence_starts(text, starts):
    assert sentence_starts(text) == starts


def test_switch_keeps_names_and_uses_the_hand_list():
    lexicon = {"tr": {"live": "yaşamak", "ada": "ada"}}
    made = switch("Where did Ada live in 1833?", "tr", lexicon, 1.0, random.Random(1))
    assert made == "Nerede Ada yaşamak 1833?"
    assert "live" in switch("Where did Ada live in 1833?", "tr", lexicon, 0.0, random.Random(1))


def test_a_damaged_word_list_is_an_error(tmp_path):
    path = tmp_path / "lexicon.json"
    path.write_text("[1]")
    with pytest.raises(UsageError, match="lexicon"):
        load_lexicon(path)


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> TokenTable:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.?,",
    ]
    tokenizer = Tokenizer(models.Unigram([(w, -float(i)) for i, w in enumerate(words)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return TokenTable(path)


RECIPE = Recipe(
    sets={"s": 40, "u": 20},
    negative_rate=0.5,
    retrieved_share=0.3,
    exchanged_share=0.3,
    reworded_share=0.2,
    window_tokens=(30, 60),
    long_tokens=90,
    long_rate=0.3,
    question_tokens=20,
    batch_tokens=400,
    seed=3,
)


def many() -> list[Example]:
    towns = ["London", "Paris", "Rome", "Baku", "Ankara", "Moscow", "Minsk", "Kiev", "Oslo", "Bern"]
    made = []
    for number, town in enumerate(towns * 5):
        passage = (
            f"It was cold in {1800 + number}. Ada Byron lived in {town}. Nobody knew why. "
            f"The number was {number}. The end came soon. All went home."
        )
        start = passage.index(town)
        made.append(
            example(
                id=str(number),
                set="s" if number % 2 else "u",
                passage=passage,
                question=f"Where did Ada Byron live in {1800 + number}?",
                answers=((start, start + len(town)),),
            )
        )
    return made


def test_tokens_cover_the_text_without_outer_spaces(table):
    text = "Ada  lived\nin London."
    tokens = table[text]
    joined = {text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)}
    assert not any(piece != piece.strip() for piece in joined)


def test_items_hold_their_answers_and_negatives_do_not(table):
    examples = many()
    items = make_items(examples, table, RECIPE)
    kinds = Counter(item.kind for item in items)
    assert set(kinds) == {"answerable", "retrieved", "exchanged", "own"}
    for item in items:
        tokens = table[item.passage]
        assert 0 <= item.first < item.last <= len(tokens.ids)
        if item.kind == "answerable":
            begin, end = item.golds[0]
            assert item.first <= begin < end <= item.last
            answer = item.passage[tokens.starts[begin] : tokens.ends[end - 1]]
            assert f"lived in {answer.rstrip('.')}." in item.passage
        else:
            assert item.golds == ()
        if item.kind == "own":
            left = item.passage[tokens.starts[item.first] : tokens.starts[item.skip[0]]]
            right = item.passage[tokens.starts[item.skip[1] - 1] : tokens.ends[item.last - 1]]
            assert "lived in" not in left + right
            assert "lived in" in item.passage[: tokens.ends[item.skip[1] - 1]]


def test_items_over_switched_passages_hold_their_answers(table):
    recipe = replace(RECIPE, switch_passages=1.0, switch_words=1.0)
    items = make_items(many(), table, recipe, lexicon={"ru": {"lived": "жил", "cold": "холодно"}})
    switched = [item for item in items if "жил" in item.passage and item.golds]
    assert switched
    for item in switched:
        tokens = table[item.passage]
        begin, end = item.golds[0]
        answer = item.passage[tokens.starts[begin] : tokens.ends[end - 1]]
        assert f"жил в {answer.rstrip('.')}." in item.passage


def test_items_are_the_same_for_the_same_seed_and_differ_between_epochs(table):
    examples = many()
    assert make_items(examples, table, RECIPE) == make_items(examples, table, RECIPE)
    assert make_items(examples, table, RECIPE) != make_items(examples, table, RECIPE, epoch=1)


def test_every_prefix_has_the_mix(table):
    items = make_items(many(), table, RECIPE)
    half = Counter(item.set for item in items[: len(items) // 2])
    assert 0.5 <= half["u"] / half["s"] * 2 <= 2.0


def test_batches_keep_to_the_token_budget_and_lose_nothing(table):
    items = make_items(many(), table, RECIPE)
    groups = list(batches(items, table, RECIPE, block=16))
    assert Counter(i for g in groups for i in g) == Counter(items)
    for group in groups:
        batch = collate(group, table, question_tokens=20, pad_to=1)
        assert batch.ids.size <= RECIPE.batch_tokens or len(group) == 1


def test_collated_spans_point_at_the_answer(table):
    items = [i for i in make_items(many(), table, RECIPE) if i.golds][:4]
    items += [i for i in make_items(many(), table, RECIPE) if not i.golds][:2]
    batch = collate(items, table, question_tokens=20)
    for row, item in enumerate(items):
        start, end = int(batch.starts[row]), int(batch.ends[row])
        if not item.golds:
            assert start == end == 0
            continue
        begin, stop = item.golds[0]
        assert (
            batch.ids[row, start : end + 1].tolist() == table[item.passage].ids[begin:stop].tolist()
        )
        assert batch.passage[row, start : end + 1].all()
    assert (batch.mask.sum(axis=1) > batch.passage.sum(axis=1)).all()


def test_held_out_passages_stand_on_one_side():
    many = [example(passage=f"Passage {n}.", question=q) for n in range(2000) for q in ("a?", "b?")]
    kept = [held_out(e) for e in many]
    assert kept[::2] == kept[1::2]
    assert 20 < sum(kept[::2]) < 90
    parallel = [example(set="mlqa", key="7", passage=p) for p in ("One.", "Eins.")]
    assert held_out(parallel[0]) == held_out(parallel[1])
