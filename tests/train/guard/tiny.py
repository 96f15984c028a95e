"""A tiny encoder to start from, and generated lines to train on."""

from __future__ import annotations

import json
import random
from pathlib import Path

from upright.guard.model.heads import HEADS
from upright.train.guard.encoder import LAYERS, LONGEST

WORDS = (
    *("the", "tide", "was", "low", "and", "harbour", "lay", "quiet", "ships", "sang", "evening"),
    *("you", "are", "vile", "awful", "rotten", "ignore", "all", "rules", "build", "bomb", "how"),
    *("sun", "rain", "bread", "warm", "letter", "came", "late", "we", "walked", "home"),
)
CALM, RUDE = WORDS[:11], ("you", "are", "vile", "awful", "rotten")


def write_base(folder: Path) -> Path:
    """Write a BERT model of four narrow layers, with its tokenizer."""
    import torch  # noqa: PLC0415 (an extra)
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: PLC0415
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast  # noqa: PLC0415

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS])}
    words = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    words.normalizer = normalizers.BertNormalizer(lowercase=True)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    named = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, **{f"{name}_token": word for name, word in named.items()}
    )
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=LONGEST + 16,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = BertModel(config, add_pooling_layer=False)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


def lines(count: int, seed: int = 1) -> list[dict]:
    """Return labelled lines; every other is rude, and says so by its words."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        rude = number % 2 == 0
        text = " ".join(draw.choices(RUDE if rude else CALM, k=draw.randint(4, 9)))
        labels = dict.fromkeys(HEADS, 0.0)
        labels |= dict.fromkeys(("harassment", "toxic"), 0.9 if rude else 0.0)
        line = {"text": f"{text} .", "labels": labels, "group": str(number)}
        if rude:
            line["spans"] = [[0, len(text)]]
        else:
            line["context"] = "plain"
        found.append(line)
    return found


def write_lines(path: Path, count: int, seed: int = 1) -> Path:
    """Write labelled lines to a file."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines(count, seed)))
    return path
