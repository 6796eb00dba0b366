"""From examples to windows, mixes and batches."""

from collections import Counter
from dataclasses import replace

import pytest
from read_support import example, save_letters

from qa.read.data import Example
from qa.read.data_tokens import TokenTable
from qa.read.data_windows import Recipe, batches, collate, make_items, sentence_starts


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


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> TokenTable:
    folder = tmp_path_factory.mktemp("tokenizer")
    save_letters(folder)
    return TokenTable(folder / "tokenizer.json")


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
