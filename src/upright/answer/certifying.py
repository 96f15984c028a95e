"""The certificates that travel with an answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.answer.attached import Attached
from upright.certify import Certifier, Statement
from upright.certify.offline import LARGEST_TEXT

if TYPE_CHECKING:
    from upright.answer.request import AnswerChoice
    from upright.certify import Draft
    from upright.generate.types import Engine
    from upright.ledger import Ledger
    from upright.policy import Policy
    from upright.watermark import Mark

_SHORT = 2_000
"""Characters that are signed at once: two milliseconds, less than a thread's turn takes."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A signed certificate that the ledger does not know yet.

    Attributes:
        index: which choice it is of.
        draft: see `Certifier.draft`.
    """

    index: int
    draft: Draft


class AnswerCertifier:
    """Certifies the answers of one use.

    Args:
        policy: the use case.
        guard_digest: of the guard that checks its answers.
        engine: writes them.
        mark: what they are marked with.
        ledger: records the certificates.

    Raises:
        CertificateError: if the names in the policy do not fit into a certificate.
        KeyFileError: if the issuer's key cannot be used.
    """

    def __init__(
        self, policy: Policy, guard_digest: str, engine: Engine, mark: Mark | None, ledger: Ledger
    ) -> None:
        self._policy = policy
        self._guard_digest = guard_digest
        self._engine = engine
        self._mark = mark
        self._certifier = Certifier.open(ledger)
        self._own = _own_texts(policy)
        self._signing = threading.Lock()
        self.check()
        self._statement("ans")

    def check(self) -> None:
        """Make sure that the issuer can sign: better before an answer than after it.

        Raises:
            KeyFileError: if it cannot.
        """
        self._certifier.issuer.key()

    async def draft(
        self, request: str, choices: Iterable[AnswerChoice], prompt: Sequence[str]
    ) -> list[Drafted]:
        """Sign a certificate for each choice that has text.

        Tool calls and reasoning are in the ledger's digest of the answer and in no certificate.

        Args:
            request: the answer's id.
            choices: as they are sent.
            prompt: what the client sent, and what the model was shown of it. What an answer
                repeats of it is recorded and not certified, nor are the policy's own texts.
        """
        texts = [
            (choice.index, choice.content)
            for choice in choices
            if self._says_something(choice.content) and len(choice.content) <= LARGEST_TEXT
        ]
        if not texts:
            return []
        statement = self._statement(request)
        shown = tuple(dict.fromkeys(prompt))

        def sign() -> list[Drafted]:
            return [
                Drafted(index, self._certifier.draft(statement, text, shown, self._own))
                for index, text in texts
            ]

        def sign_alone() -> list[Drafted]:
            # All of it is computing: two threads at it would take twice as long.
            with self._signing:
                return sign()

        length = sum(len(text) for _, text in texts) + len(texts) * sum(map(len, shown))
        return sign() if length <= _SHORT else await asyncio.to_thread(sign_alone)

    async def attach(self, drafted: Sequence[Drafted]) -> tuple[Attached, ...]:
        """Return certificates with their receipts, once the ledger has recorded them."""
        attached = []
        for one in drafted:
            done = self._certifier.finish_fresh(one.draft)
            if done is None:
                done = await asyncio.to_thread(self._certifier.finish, one.draft)
            attached.append(Attached(one.index, done.id, done.data))
        return tuple(attached)

    def _says_something(self, text: str) -> bool:
        """Say whether there is a word in a text besides the policy's own."""
        for own in self._own:
            text = text.replace(own, "")
        return any(sign.isalnum() for sign in text)

    def _statement(self, request: str) -> Statement:
        digest = self._engine.digest
        return Statement(
            use_case=self._policy.use_case.name,
            request=request,
            policy_digest=self._policy.digest,
            guard_digest=self._guard_digest,
            model=self._engine.name,
            model_digest=digest,
            # An engine that knows its files takes the digest over model and tokenizer together.
            tokenizer_digest=digest,
            scheme="none" if self._mark is None else self._mark.scheme,
            epoch=None if self._mark is None else self._mark.key.epoch,
        )


def certifier_for(
    policy: Policy, guard_digest: str, engine: Engine, mark: Mark | None, ledger: Ledger
) -> AnswerCertifier | None:
    """Return what certifies the answers of a use; None if the use declines."""
    if not policy.certificates.issue:
        return None
    return AnswerCertifier(policy, guard_digest, engine, mark, ledger)


def _own_texts(policy: Policy) -> tuple[str, ...]:
    """Return the texts of the policy that can stand in answers: nobody's words are theirs."""
    guard = policy.guard
    texts = (
        policy.generation.system,
        policy.disclosure.text,
        guard.notice,
        guard.review_notice,
        *(rule.text for rule in guard.rule),
    )
    # The longest first: one may stand in another.
    return tuple(sorted((text for text in texts if text.strip()), key=len, reverse=True))
