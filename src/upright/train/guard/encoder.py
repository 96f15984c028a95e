"""The network that is trained: the lower layers of a small encoder, and heads on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoTokenizer, BertModel, PreTrainedTokenizerBase

from upright.guard.model.heads import OUTPUTS

LAYERS = 4
"""How many of the base's layers are kept; chosen by speed, see docs/decisions."""

LONGEST = 112
"""Tokens of one stretch; a window of 320 characters seldom has more."""


class GuardEncoder(nn.Module):
    """Reads stretches of text.

    The heads see the mean and the maximum over the tokens; each token has a number of its own,
    which says how far it carries a toxic meaning.

    Args:
        base: folder of a BERT model, such as all-MiniLM-L6-v2.
    """

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(
            str(base),
            add_pooling_layer=False,
            num_hidden_layers=LAYERS,
            attn_implementation="eager",
            # Drawing it takes a fifth of a step, and the other layers drop enough.
            attention_probs_dropout_prob=0.0,
        )
        # Words that no example holds keep their place beside those that some do.
        self.encoder.embeddings.word_embeddings.requires_grad_(requires_grad=False)
        width = self.encoder.config.hidden_size
        self.drop = nn.Dropout(0.1)
        self.hidden = nn.Linear(2 * width, width)
        self.heads = nn.Linear(width, OUTPUTS)
        self.token = nn.Linear(width, 1)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits.

        Args:
            ids: token ids, shape (n, t).
            mask: 1 where a token stands and 0 where there is none, shape (n, t).

        Returns:
            Those of the stretches, shape (n, `OUTPUTS`), and of the tokens, shape (n, t).
        """
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        there = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * there).sum(1) / there.sum(1)
        most = (states - (1 - there) * 1e4).amax(1)
        pooled = torch.tanh(self.hidden(self.drop(torch.cat([mean, most], dim=-1))))
        return self.heads(self.drop(pooled)), self.token(self.drop(states)).squeeze(-1)

    def words(self) -> NDArray[np.float32]:
        """Return the vectors of the tokens, shape (tokens, width), which are never trained."""
        found: NDArray[np.float32] = self.encoder.embeddings.word_embeddings.weight.detach().numpy()
        return found


def open_tokenizer(base: Path) -> PreTrainedTokenizerBase:
    """Return the base's own tokenizer."""
    return AutoTokenizer.from_pretrained(str(base))
