"""What vLLM documents of the interface of its V1 logits processors, where vLLM is not installed."""

import enum
import sys
import types
from dataclasses import dataclass, field


@dataclass
class SamplingParams:
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    extra_args: dict | None = None


class MoveDirectionality(enum.Enum):
    UNIDIRECTIONAL = 1
    SWAP = 2


@dataclass
class BatchUpdate:
    batch_size: int
    removed: list = field(default_factory=list)
    added: list = field(default_factory=list)
    moved: list = field(default_factory=list)


class AdapterLogitsProcessor:
    """Calls what `new_req_logits_processor` returns with a request's tokens and its row."""

    def __init__(self, vllm_config, device, is_pin_memory):
        self._rows = {}

    def update_state(self, batch_update):
        if batch_update is None:
            return
        for index in batch_update.removed:
            self._rows.pop(index, None)
        for index, params, _, output_ids in batch_update.added:
            self._rows[index] = (self.new_req_logits_processor(params), output_ids)
        for one, other, how in batch_update.moved:
            moved, replaced = self._rows.pop(one, None), self._rows.pop(other, None)
            self._rows[other] = moved
            if how is MoveDirectionality.SWAP:
                self._rows[one] = replaced

    def apply(self, logits):
        for index, (process, output_ids) in self._rows.items():
            logits[index] = process(output_ids, logits[index])
        return logits


def stand_in(patch):
    """Put modules of these names in place of the absent ones."""
    names = ("vllm", "vllm.v1", "vllm.v1.sample", "vllm.v1.sample.logits_processor")
    root, v1, sample, last = (types.ModuleType(name) for name in names)
    root.SamplingParams = SamplingParams
    for part in (AdapterLogitsProcessor, BatchUpdate, MoveDirectionality):
        setattr(last, part.__name__, part)
    for name, module in zip(names, (root, v1, sample, last), strict=True):
        patch.setitem(sys.modules, name, module)
