"""A Hugging Face model with random weights and 320 tokens; import it after the skips."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
TEXT = "Once upon a time there was a small dragon who lived on a hill."


def tokenizer(text=TEXT):
    """A byte-level BPE tokenizer with two special tokens and a few merges, learnt from a text."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<|end|>", "<|start|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    raw.train_from_iterator([text] * 5, trainer)
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|end|>", bos_token="<|start|>"
    )
    made.chat_template = TEMPLATE
    return made


def save_model(path, *, width=32, text=TEXT):
    """Write model and tokenizer into a folder; `width` is that of its hidden layers."""
    words = tokenizer(text)
    words.save_pretrained(path)
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=len(words),
        hidden_size=width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=96,
        eos_token_id=0,
        bos_token_id=1,
    )
    model = transformers.LlamaForCausalLM(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    model.save_pretrained(path)
    return path
