"""A tiny encoder, training set and configuration, for the tests of training."""

import json
from pathlib import Path

import torch
from read_support import save_letters

CONFIGURATION = """
[data]
sets = ["tquad"]
[mix]
tquad = 24
[negatives]
rate = 0.5
retrieved = 0.4
exchanged = 0.3
reworded = 0.2
[code_switch]
rate = 0.0
words = 0.0
passages = 0.0
dictionaries = "none"
azeri = 0.5
[windows]
tokens = [30, 60]
long_tokens = 90
long_rate = 0.2
question_tokens = 30
[model]
method = "delta"
frozen_layers = 1
rank = 4
[optimizer]
learning_rate = 1e-3
head_learning_rate = 1e-3
weight_decay = 0.01
batch_tokens = 400
warmup_steps = 2
edge_weight = 0.25
average_decay = 0.9
clip = 1.0
[run]
epochs = 1
seed = 5
checkpoint_minutes = 100
evaluate_minutes = 100
evaluate_first_minutes = 100
evaluate_per_group = 2
"""


def save_encoder(folder: Path) -> Path:
    """A folder like the bundled encoder's, tiny and random."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=save_letters(folder),
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=512,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.Transformer"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def save_set(folder: Path) -> Path:
    """A folder of training sets that holds 24 questions under the name `tquad`."""
    (folder / "tquad").mkdir(parents=True)
    rows = []
    for number in range(24):
        town = ["London", "Paris", "Rome"][number % 3]
        text = f"Number {number} was cold. Ada lived in {town}. Then all went home."
        answer = {"text": town, "answer_start": str(text.index(town))}
        asked = {"id": number, "question": f"Where was Ada in {number}?", "answers": [answer]}
        rows.append({"paragraphs": [{"context": text, "qas": [asked]}]})
    (folder / "tquad" / "a.json").write_text(json.dumps({"data": rows}))
    return folder
