"""Which policy each use case runs under, and whether it runs at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from upright.ledger.chain import append
from upright.ledger.database import Database, now
from upright.ledger.errors import ConflictError, NotFoundError
from upright.ledger.record import Event
from upright.ledger.tables import policy_versions, uses
from upright.policy import parse_policy
from upright.terms import digest

_IN_FORCE = (policy_versions.c.name == uses.c.name) & (policy_versions.c.version == uses.c.version)
# Built once, since it runs with every transaction of the writer.
_STATES = (
    select(uses, policy_versions.c.digest)
    .join(policy_versions, _IN_FORCE)
    .where(uses.c.name.in_(bindparam("names", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class UseState:
    """How a use case stands.

    Attributes:
        version: the active policy version; None if none was published.
        policy_digest: `Policy.digest` of it.
        stopped: the kill switch is on.
        reason: why it was stopped, or "".
    """

    version: int | None = None
    policy_digest: str | None = None
    stopped: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One published text of a use-case file.

    Attributes:
        version: counted from 1 for each use case.
        digest: `Policy.digest`.
        time: when it was published.
        by: who published it.
        active: whether it is the one in force.
        text: the TOML.
    """

    version: int
    digest: str
    time: str
    by: str
    active: bool
    text: str


def states(connection: Connection, names: Iterable[str]) -> dict[str, UseState]:
    """Return the states of use cases within a transaction; unknown ones are not stopped."""
    wanted = set(names)
    rows = connection.execute(_STATES, {"names": sorted(wanted)})
    found = {row.name: UseState(row.version, row.digest, row.stopped, row.reason) for row in rows}
    return {name: found.get(name, UseState()) for name in wanted}


class UseStore:
    """Published policies; every change is an event in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, policy_text: str, *, by: str) -> int:
        """Publish the text of a use-case file and activate it, unless it is the newest already.

        A text equal to the newest published one changes nothing, so that a restarted replica
        does not undo a rollback; `active` tells what is in force.

        Returns:
            The text's version.

        Raises:
            ConfigError: if the text is not a valid use-case file.
        """
        policy = parse_policy(policy_text)
        name = policy.use_case.name
        with self._database.writing() as connection:
            newest = _newest(connection, name)
            if newest is not None and newest.text == policy_text:
                return int(newest.version)
            version = newest.version + 1 if newest is not None else 1
            row = {"name": name, "version": version, "digest": policy.digest, "text": policy_text}
            connection.execute(
                insert(policy_versions), [{**row, "time": now(), "published_by": by}]
            )
            body = {"version": version, "policy_digest": policy.digest, "by": by}
            body["text_digest"] = digest(policy_text.encode())
            append(connection, [Event("policy.published", name, body)])
            if newest is None:
                fresh = {"name": name, "version": version, "stopped": False, "reason": ""}
                connection.execute(insert(uses), [fresh])
            self._set_version(connection, name, version, by)
            return version

    def active(self, name: str) -> tuple[int, str] | None:
        """Return version and text of the policy in force; None if none was published."""
        statement = (
            select(policy_versions.c.version, policy_versions.c.text)
            .join(uses, _IN_FORCE)
            .where(uses.c.name == name)
        )
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        return (row.version, row.text) if row else None

    def history(self, name: str) -> list[PolicyVersion]:
        """Return all versions of a use case, oldest first; none for an unknown name."""
        statement = (
            select(policy_versions)
            .where(policy_versions.c.name == name)
            .order_by(policy_versions.c.version)
        )
        with self._database.reading() as connection:
            state = states(connection, [name])[name]
            rows = connection.execute(statement).all()
        return [
            PolicyVersion(
                row.version,
                row.digest,
                row.time,
                row.published_by,
                row.version == state.version,
                row.text,
            )
            for row in rows
        ]

    def activate(self, name: str, version: int, *, by: str) -> None:
        """Put a published version in force.

        Raises:
            NotFoundError: if there is no such version.
        """
        with self._database.writing() as connection:
            _known(connection, name)
            self._set_version(connection, name, version, by)

    def rollback(self, name: str, *, by: str) -> int:
        """Put the version before the active one in force, and return it.

        Raises:
            NotFoundError: for an unknown use case.
            ConflictError: if the first version is active.
        """
        with self._database.writing() as connection:
            version = _known(connection, name).version - 1
            if version < 1:
                raise ConflictError(
                    f"{name}: version 1 is active, and there is none before it",
                    mend=f"publish another policy, or stop the use: upright policy stop {name}",
                )
            self._set_version(connection, name, version, by)
            return int(version)

    def stop(self, name: str, reason: str, *, by: str) -> None:
        """Stop a use case: every append from now on sees it, on every replica.

        Raises:
            NotFoundError: for an unknown use case.
        """
        self._switch(name, Event("policy.stopped", name, {"reason": reason, "by": by}))

    def resume(self, name: str, *, by: str) -> None:
        """Let a stopped use case run again.

        Raises:
            NotFoundError: for an unknown use case.
        """
        self._switch(name, Event("policy.resumed", name, {"by": by}))

    def state(self, name: str) -> UseState:
        """Return how a use case stands."""
        with self._database.reading() as connection:
            return states(connection, [name])[name]

    def names(self) -> list[str]:
        """Return the names of all use cases with a published policy."""
        with self._database.reading() as connection:
            return list(connection.execute(select(uses.c.name).order_by(uses.c.name)).scalars())

    def _switch(self, name: str, event: Event) -> None:
        stopped = event.kind == "policy.stopped"
        values = {"stopped": stopped, "reason": event.body.get("reason", "")}
        with self._database.writing() as connection:
            _known(connection, name)
            connection.execute(update(uses).where(uses.c.name == name).values(values))
            append(connection, [event])

    @staticmethod
    def _set_version(connection: Connection, name: str, version: int, by: str) -> None:
        digest = connection.execute(
            select(policy_versions.c.digest).where(
                (policy_versions.c.name == name) & (policy_versions.c.version == version)
            )
        ).scalar()
        if digest is None:
            raise NotFoundError(
                f"{name}: no version {version} was published",
                mend=f"upright policy history {name}",
            )
        connection.execute(update(uses).where(uses.c.name == name).values(version=version))
        body = {"version": version, "policy_digest": digest, "by": by}
        append(connection, [Event("policy.activated", name, body)])


def _newest(connection: Connection, name: str) -> Any:  # noqa: ANN401 (a row or None)
    statement = (
        select(policy_versions)
        .where(policy_versions.c.name == name)
        .order_by(policy_versions.c.version.desc())
        .limit(1)
    )
    return connection.execute(statement).first()


def _known(connection: Connection, name: str) -> Any:  # noqa: ANN401 (a row)
    row = connection.execute(select(uses).where(uses.c.name == name)).first()
    if row is None:
        raise NotFoundError(
            f"no use case is called {name!r} in this ledger",
            mend="upright serve --policy FILE publishes one",
        )
    return row
