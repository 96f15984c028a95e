"""`upright answer`: one request through the whole guarded pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Json, PolicyFile, Quiet, write_line

if TYPE_CHECKING:
    from upright.answer import Answer, AnswerRequest
    from upright.policy import Policy


@app.command("answer")
def answer(  # noqa: PLR0917 (Typer names them as options)
    prompt: Annotated[str, typer.Option("--prompt", help="What the user says.")],
    policy: PolicyFile = "storytelling",
    seed: Annotated[int | None, typer.Option(help="The same seed, the same answer.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest answer.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Answer one prompt, guarded and recorded; print verdicts and ids."""
    del debug
    from upright.answer import AnswerRequest
    from upright.generate.types import Message
    from upright.policy import open_policy

    given = {"seed": seed, "max_tokens": max_tokens}
    request = AnswerRequest(
        messages=(Message("user", prompt),),
        overrides={name: value for name, value in given.items() if value is not None},
        endpoint="cli",
    )
    result = _answered(open_policy(policy), request)
    if as_json:
        write_line(_shape(result))
    else:
        _print(result, quiet=quiet)


def _answered(policy: Policy, request: AnswerRequest) -> Answer:
    import asyncio

    from upright.answer import Answerer
    from upright.generate import open_engine
    from upright.guard import GuardPool
    from upright.ledger import Ledger, LedgerWriter

    async def run(ledger: Ledger, writer: LedgerWriter) -> Answer:
        engine = open_engine(policy)
        try:
            async with Answerer(
                policy,
                engine=engine,
                pool=GuardPool(policy),
                ledger=ledger,
                writer=writer,
                pinned=True,
            ) as answerer:
                return await answerer.complete(request)
        finally:
            await engine.aclose()

    with Ledger.open() as ledger:
        writer = LedgerWriter(ledger)
        try:
            return asyncio.run(run(ledger, writer))
        finally:
            writer.close()


def _shape(result: Answer) -> dict[str, Any]:
    choice = result.choices[0]
    return {
        "id": result.upright.id,
        "text": choice.content,
        "finish_reason": choice.finish_reason,
        "tokens": result.usage.completion_tokens,
        "x_upright": result.upright.to_json(),
    }


def _print(result: Answer, *, quiet: bool) -> None:
    typer.echo(result.choices[0].content)
    if quiet:
        return
    evidence = result.upright
    typer.echo("")
    for judged in evidence.verdicts:
        for outcome in judged.verdict.outcomes:
            where = f"{judged.stage.value} {judged.channel}"
            finding = outcome.finding
            typer.echo(f"{where}: {finding.rule} → {outcome.action.value} ({finding.explanation})")
        for error in judged.verdict.errors:
            typer.echo(f"{judged.stage.value}: {error.rule} gave no answer ({error.kind})")
    if evidence.disclosure:
        typer.echo(f"disclosure: {evidence.disclosure}")
    typer.echo(f"id: {evidence.id}  action: {evidence.action}")
    typer.echo(f"policy: {evidence.policy_digest}")
    typer.echo(f"guard:  {evidence.guard_digest}")
