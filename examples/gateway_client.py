"""Talk to a running gateway with the official OpenAI SDK.

Run: upright serve --policy storytelling     (in another terminal)
     python examples/gateway_client.py [http://127.0.0.1:8787]
"""

import sys

from openai import OpenAI

from upright.terms import home

QUESTION = "Who keeps the lighthouse? Ask bo@example.org if you do not know."


def main() -> None:
    """Ask once, and once more as a stream; print answer and evidence."""
    base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8787"
    key = (home() / "local.key").read_text(encoding="utf-8").strip()
    client = OpenAI(base_url=f"{base}/v1", api_key=key)
    model = client.models.list().data[0].id
    messages = [{"role": "user", "content": QUESTION}]

    answer = client.chat.completions.create(model=model, messages=messages, max_tokens=24, seed=1)
    print("answer:  ", " ".join(answer.choices[0].message.content.split()))
    show(answer.model_extra["x_upright"])

    chunks = client.chat.completions.create(
        model=model, messages=messages, max_tokens=24, seed=1, stream=True
    )
    text = ""
    evidence = {}
    for chunk in chunks:
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        evidence = (chunk.model_extra or {}).get("x_upright", evidence)
    print("streamed:", " ".join(text.split()))
    show(evidence)
    print("same seed, same text:", text == answer.choices[0].message.content)


def show(evidence: dict) -> None:
    """Print what the guard found, and the record's name."""
    for verdict in evidence["verdicts"]:
        rules = [finding["rule"] for finding in verdict["findings"]]
        print(f"  {verdict['stage']}: {rules} → {verdict['action']}")
    print(f"  recorded as {evidence['id']}")


if __name__ == "__main__":
    main()
