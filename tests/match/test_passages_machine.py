"""An index through any history of additions, changes and removals answers as if built at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from upright.match.passages import Document, PassageIndex, Store

LEAST = 4
NAMES = st.sampled_from("abcdefgh")
OWNERS = st.sampled_from(["", "Ann", "Bob"])
TEXTS = st.lists(st.sampled_from(["one", "two", "three"]), max_size=14).map(" ".join)


class History(RuleBasedStateMachine):
    """Does to an index and to a plain dictionary the same."""

    @initialize(size=st.sampled_from([30, 200, 10_000]))
    def begin(self, size):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name, "index")
        self.size = size
        self.model = {}
        with self.store() as store:
            store.add([])
            store.forget(["nobody"])
        self.index = None

    def store(self):
        return Store(self.folder, least=LEAST, shard_bytes=self.size)

    @rule(given=st.lists(st.tuples(NAMES, TEXTS, OWNERS), max_size=4))
    def add(self, given):
        before = dict(self.model)
        with self.store() as store:
            done = store.add(Document(*one) for one in given)
        self.model |= {name: (text, owner) for name, text, owner in given}
        assert done.added >= len(set(self.model) - set(before))

    @rule(names=st.sets(NAMES, max_size=3))
    def forget(self, names):
        with self.store() as store:
            removed = store.forget(names)
        assert set(removed) == names & set(self.model)
        self.model = {name: one for name, one in self.model.items() if name not in names}

    @rule(owner=OWNERS.filter(bool))
    def forget_an_owner(self, owner):
        with self.store() as store:
            removed = store.forget(owner=owner)
            store.purge()
        assert set(removed) == {name for name, one in self.model.items() if one[1] == owner}
        self.model = {name: one for name, one in self.model.items() if one[1] != owner}

    @invariant()
    def every_document_is_found_by_its_own_text_and_no_removed_one_is(self):
        if not hasattr(self, "model"):
            return
        self.index = self.index or PassageIndex(self.folder)
        assert len(self.index) == len(self.model)
        for text in {text for text, _ in self.model.values() if len(text.split()) >= LEAST}:
            [span] = self.index.trace(text).spans(100)
            holders = {name for name, (other, _) in self.model.items() if _holds(other, text)}
            assert {place.document for place in span.places} == holders
            assert span.found == len(holders)

    def teardown(self):
        if hasattr(self, "scratch"):
            self.scratch.cleanup()


def _holds(text, part):
    return f" {part} " in f" {text} "


History.TestCase.settings = settings(max_examples=25, stateful_step_count=12)
TestHistory = History.TestCase
