"""A policy opens the engine it names; what is missing is named with its extra."""

import asyncio
import builtins
import subprocess
import sys

import pytest

from upright.generate import open_engine
from upright.policy import parse_policy
from upright.terms import MissingExtraError


def policy(engine):
    head = 'schema = 1\n[use_case]\nname = "t"\npurpose = "T."\n[engine]\n'
    return parse_policy(head + engine)


def test_an_openai_policy_opens_a_client_that_has_asked_nothing_yet():
    engine = open_engine(policy('kind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"'))
    assert engine.name == "m"
    asyncio.run(engine.aclose())


@pytest.mark.parametrize(
    ("engine", "missing", "extra"),
    [
        ('kind = "openai"\nbase_url = "http://127.0.0.1:9/v1"', "httpx2", "serve"),
        ('kind = "transformers"\npath = "x"', "torch", "torch"),
        ('kind = "embedded"', "numpy", "local"),
    ],
)
def test_an_absent_extra_is_named_with_the_command_that_installs_it(
    monkeypatch, engine, missing, extra
):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=missing)
        return real(name, *rest, **more)

    for name in [name for name in sys.modules if name.startswith("upright.generate.")]:
        if name not in {"upright.generate.types", "upright.generate.open"}:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError) as caught:
        open_engine(policy(engine))
    assert caught.value.extra == extra
    assert f"upright[{extra}]" in caught.value.mend
    assert f"`{missing}`" in caught.value.problem


def test_importing_the_unit_loads_no_engine():
    heavy = "{'numpy', 'torch', 'transformers', 'httpx2', 'xllamacpp'} & set(sys.modules)"
    code = f"import sys, upright.generate; sys.exit(repr({heavy}) if {heavy} else 0)"
    subprocess.run([sys.executable, "-c", code], check=True)
