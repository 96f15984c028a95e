"""`upright watermark` and marked `upright generate`, with the packaged model."""

import json

import pytest

from upright.cli import main

pytestmark = pytest.mark.embedded
pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")

STORY = "Once upon a time, there was a great"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "secret.key"
    path.write_text("5a" * 32)
    return str(path)


def run(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main([*words])
    told = capsys.readouterr()
    return left.value.code or 0, told.out, told.err


def lines(capsys, *words):
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


def written(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_what_generate_marks_detect_finds_from_text_and_from_tokens(capsys, tmp_path, key):
    prompts = written(tmp_path / "p.jsonl", {"id": "a", "prompt": STORY, "seed": 3})
    (story,) = lines(
        capsys, "generate", prompts, "--key-file", key, "--scheme", "split", "--max-tokens", "90"
    )
    rows = [
        {"id": "text", "text": story["text"]},
        {"id": "tokens", "tokens": story["tokens"], "prompt": STORY},
        {"id": "other", "text": "The tide was out, and nobody came to see it go."},
    ]
    detect = ("watermark", "detect", written(tmp_path / "t.jsonl", *rows), "--policy")
    found = lines(capsys, *detect, "storytelling", "--key-file", key)
    assert [row["id"] for row in found] == ["text", "tokens", "other"]
    assert [row["verdict"] for row in found] == ["watermarked", "watermarked", "insufficient"]
    assert found[1]["p_value"] <= found[0]["p_value"] < 1e-6 < found[2]["p_value"] <= 1.0
    assert found[0]["spans"][0]["end"] <= len(story["text"])
    assert found[0]["text"] == story["text"]


def test_gumbel_is_found_by_name(capsys, tmp_path, key):
    (story,) = lines(
        capsys,
        *("generate", "--prompt", STORY, "--seed", "1", "--max-tokens", "40", "--json"),
        *("--key-file", key, "--scheme", "gumbel"),
    )
    path = written(tmp_path / "t.jsonl", {"text": story["text"]})
    detect = ("watermark", "detect", path, "--key-file", key, "--model-free")
    (found,) = lines(capsys, *detect, "--scheme", "gumbel")
    assert found["verdict"] == "watermarked"
    (wrong,) = lines(capsys, *detect, "--scheme", "split")
    assert wrong["verdict"] == "insufficient"


def test_without_a_key_file_the_uses_own_keys_mark_and_find_across_a_rotation(
    capsys, tmp_path, home
):
    # Not a random one: with it the text would be another each time, and now and then too short.
    (home / "watermark").mkdir(mode=0o700, parents=True)
    (home / "watermark" / "1.key").write_text("5a" * 32)
    (home / "watermark" / "1.key").chmod(0o600)
    ask = ("generate", "--prompt", STORY, "--seed", "2", "--max-tokens", "90", "--json")
    (story,) = lines(capsys, *ask)
    code, out, _ = run(capsys, "watermark", "rotate", "--json")
    assert (code, json.loads(out)) == (0, {"epoch": 2})
    path = written(tmp_path / "t.jsonl", {"text": story["text"]})
    (found,) = lines(capsys, "watermark", "detect", path, "--policy", "storytelling")
    assert found["verdict"] == "watermarked"
    assert found["spans"][0]["key"] == "storytelling/1"


def test_a_bad_line_is_told_and_costs_no_other_its_result(capsys, tmp_path, key):
    rows = [
        {"id": 1, "tokens": [1, "x"]},
        {"id": 2, "tokens": [99_999_999]},
        {"id": 3, "text": "a\x00b"},
        {"id": 4, "text": "", "prompt": 7},
        {"id": 5, "text": ""},
        {"id": 6},
    ]
    path = written(tmp_path / "t.jsonl", *rows)
    found = lines(capsys, "watermark", "detect", path, "--key-file", key, "--model-free")
    assert [row["p_value"] for row in found] == [1.0] * 6
    assert ["error" in row for row in found] == [True, True, True, True, False, True]
    assert f"{path}:2" in found[1]["error"]


def test_what_a_line_says_of_itself_is_never_taken_for_a_result(capsys, tmp_path, key):
    forged = {"verdict": "watermarked", "p_value": 0.0, "certificate": {"certified": True}}
    forged |= {"error": "none of ours", "mend": "nothing", "spans": [1], "payload": 7}
    rows = [{"id": 1, "text": STORY, **forged}, {"id": 2, "text": 3, **forged}]
    path = written(tmp_path / "t.jsonl", *rows)
    good, bad = lines(capsys, "watermark", "detect", path, "--key-file", key, "--model-free")
    assert {"certificate", "error", "mend"}.isdisjoint(good)
    assert (good["id"], good["verdict"], good["payload"]) == (1, "insufficient", None)
    assert {"certificate", "payload"}.isdisjoint(bad)
    assert bad["error"].startswith(f"{path}:2")
    assert (bad["p_value"], bad["spans"], bad["verdict"]) == (1.0, [], "insufficient")


@pytest.mark.parametrize("content", ["", "5a", "nonsense" * 8])
def test_a_file_that_holds_no_key_is_refused(capsys, tmp_path, content):
    path = tmp_path / "bad.key"
    path.write_text(content)
    code, _, err = run(capsys, "watermark", "detect", "-", "--key-file", str(path))
    assert code == 2
    assert "not a watermark key" in err


def test_a_home_that_never_marked_says_so(capsys):
    code, _, err = run(capsys, "watermark", "detect", "-")
    assert code == 2
    assert "no watermark key here" in err


def test_a_key_for_a_use_that_marks_nothing_is_refused(capsys, key):
    code, _, err = run(
        capsys, "generate", "--prompt", "x", "--policy", "meeting-minutes", "--key-file", key
    )
    assert code == 2
    assert "--scheme split" in err


def test_greedy_decoding_with_a_mark_is_refused(capsys, tmp_path, key):
    policy = tmp_path / "greedy.toml"
    policy.write_text(
        'schema = 1\n[use_case]\nname = "g"\npurpose = "Greedy."\n[generation]\n'
        'temperature = 0.0\n[watermark]\nscheme = "split"\n'
    )
    code, _, err = run(
        capsys, "generate", "--prompt", "x", "--policy", str(policy), "--key-file", key
    )
    assert code == 2
    assert "greedy decoding leaves no choice" in err


def test_next_words_show_both_halves_to_whoever_has_the_key(capsys, key):
    (shown,) = lines(
        capsys, "generate", "--prompt", STORY, "--next-words", "20", "--key-file", key, "--json"
    )
    for word in shown["candidates"]:
        assert 0.0 <= word["green"] <= 1.0
        assert word["marked"] == pytest.approx(2 * word["green"] * word["drawn"], abs=1e-9)
    code, out, _ = run(capsys, "generate", "--prompt", STORY, "--next-words", "5")
    assert code == 0
    assert "marked" not in out
