"""The use-case file as frozen data. A Policy never runs code and never changes."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from upright.terms import HAZARDS, Action, Context, Stage, digest

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Severity = Annotated[int, Field(ge=0, le=4)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class UseCase(_Section):
    """What the model is used for, and by whom."""

    name: Name = Field(description="Short name; API keys and ledger records refer to it.")
    purpose: str = Field(min_length=1, description="One sentence: what it does.")
    audience: str = Field(default="", description="Who reads the answers.")
    languages: tuple[str, ...] = Field(default=("en",), description="BCP 47 tags.")


class EngineSection(_Section):
    """Where text comes from. Keys and addresses can be overridden by UPRIGHT_ENGINE_* variables."""

    kind: Literal["embedded", "transformers", "openai"] = Field(
        default="embedded",
        description="The packaged model, a local Hugging Face model, or a server.",
    )
    path: str | None = Field(default=None, description="Folder of a local Hugging Face model.")
    base_url: str | None = Field(default=None, description="OpenAI-compatible server, with /v1.")
    model: str = Field(default="smollm2-135m-instruct", description="Model name to ask for.")
    timeout_seconds: float = Field(
        default=60.0, gt=0, le=3600, description="Longest silence of a server."
    )
    retries: int = Field(default=2, ge=0, le=10, description="Retries before the first byte.")

    @model_validator(mode="after")
    def _address_fits_kind(self) -> EngineSection:
        if self.kind == "transformers" and self.path is None:
            raise ValueError('kind = "transformers" needs path = "<folder of the model>"')
        if self.kind == "openai" and self.base_url is None:
            raise ValueError('kind = "openai" needs base_url = "http://…/v1"')
        return self


class Generation(_Section):
    """How tokens are drawn. `mode` is the creativity lever; the numbers refine it."""

    mode: Literal["creative", "balanced", "grounded"] = Field(
        default="balanced", description="Invention welcome, neither, or bound to sources."
    )
    temperature: float | None = Field(
        default=None, ge=0.0, le=2.0, description="0 is greedy; without it the mode decides."
    )
    top_k: int | None = Field(default=None, ge=0, le=2000, description="0: no limit.")
    top_p: float | None = Field(
        default=None, gt=0.0, le=1.0, description="Smallest mass of candidates kept; 1: all."
    )
    repetition_penalty: float | None = Field(
        default=None, ge=1.0, le=2.0, description="1 does nothing."
    )
    max_tokens: int = Field(default=512, ge=1, le=32768, description="Bound on one answer.")
    system: str = Field(default="", description="System prompt put before every conversation.")


class WatermarkSection(_Section):
    """Whether answers carry a mark."""

    scheme: Literal["split", "gumbel", "none"] = Field(
        default="none", description="How words are marked: in halves, by Gumbel-max, or not."
    )
    width: int = Field(default=4, ge=1, le=16, description="Words of context that choose the half.")
    payload: int | None = Field(
        default=None, ge=0, le=65535, description="16 bits that the mark of `split` carries."
    )


class BalanceSection(_Section):
    """Whether answers favour one gender where the text leaves it open."""

    pronouns: Literal["balanced", "reference", "off"] = Field(
        default="off",
        description="she and he where the text tells neither: equally likely, as likely as women "
        "are in the profession spoken of, or as the model has it. English only.",
    )


class CertificatesSection(_Section):
    """Whether answers are certified."""

    issue: bool = Field(
        default=True, description="Certify each answer and put the certificate into the log."
    )


_DEGREES = 4


class GuardRule(_Section):
    """What to do with findings. The first rule that fits a finding decides."""

    detect: tuple[str, ...] = Field(min_length=1, description="Rule ids or globs: pii.*")
    at: tuple[Stage, ...] = Field(min_length=1, description="Where the rule speaks.")
    action: Action = Field(description="What is done with such a finding.")
    min_severity: Severity = Field(default=0, description="Only from this severity upwards.")
    min_score: Share = Field(default=0.0, description="Only from this score upwards.")
    context: dict[Context, Action] = Field(
        default_factory=dict, description="Other actions where a passage is quoted, reported, …"
    )
    observe: bool = Field(default=False, description="Only record what would have been done.")
    text: str = Field(
        default="",
        description="What `replace` puts in place of the answer; {source}: the work copied from.",
    )

    @model_validator(mode="after")
    def _replacement_is_given(self) -> GuardRule:
        wants_text = Action.REPLACE in {self.action, *self.context.values()}
        if wants_text and not self.text:
            raise ValueError('action = "replace" needs text = "<what to say instead>"')
        return self


class GuardPattern(_Section):
    """A pattern of the use's own, in RE2 syntax (linear time)."""

    rule: Annotated[str, Field(pattern=r"^custom\.[a-z0-9_]+$")] = Field(
        description="Its rule id, custom.<name>."
    )
    pattern: str = Field(min_length=1, max_length=2000, description="RE2; never matches nothing.")
    hazard: str = Field(default="custom", description="Which hazard its findings speak of.")
    severity: Severity = Field(default=2, description="Of each of its findings.")
    max_length: int = Field(default=200, ge=1, le=4096, description="Longest match, characters.")
    explanation: str = Field(
        default="Matches a pattern of this use case.", description="Stands with each finding."
    )

    @field_validator("hazard")
    @classmethod
    def _hazard_is_known(cls, value: str) -> str:
        if value not in HAZARDS:
            raise ValueError(f"unknown hazard {value!r}; known: {', '.join(HAZARDS)}")
        return value


class GuardException(_Section):
    """Text that is no finding here: the use's own addresses, product names, examples."""

    detect: tuple[str, ...] = Field(min_length=1, description="Rule ids or globs it concerns.")
    text: tuple[str, ...] = Field(default=(), description="Exact texts, case ignored.")
    pattern: str | None = Field(default=None, description="RE2; must match the whole finding.")
    reason: str = Field(min_length=1, description="Why; it is recorded.")

    @model_validator(mode="after")
    def _something_is_excepted(self) -> GuardException:
        if not self.text and self.pattern is None:
            raise ValueError("an exception needs text = [...] or pattern = '...'")
        return self


class Topic(_Section):
    """A subject this use denies, given by its words and phrases."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")] = Field(
        description="Rules speak of it as topic.<name>."
    )
    phrases: tuple[str, ...] = Field(
        min_length=1, description="Words and phrases, case and spacing ignored."
    )
    severity: Severity = Field(default=2, description="Of each of its findings.")


class ImagesSection(_Section):
    """Pictures, in requests and as answers; without this section no picture is taken."""

    urls: Literal["refuse", "pass"] = Field(
        default="refuse",
        description="A picture that is only named by its address: it is never fetched; refuse the "
        "request, or pass the address on unread.",
    )
    max_images: int = Field(default=8, ge=1, le=64, description="Pictures in one request.")
    max_bytes: int = Field(
        default=4_000_000, ge=100, le=64_000_000, description="Bytes of one picture's file."
    )
    max_pixels: int = Field(
        default=16_000_000, ge=64, le=150_000_000, description="Pixels, over all frames."
    )
    max_frames: int = Field(
        default=16, ge=1, le=1000, description="Frames of an animation; each is looked at."
    )
    hashes: str | None = Field(
        default=None, description="File of PDQ hashes: protected or forbidden pictures."
    )
    distance: int = Field(
        default=31, ge=0, le=100, description="Of the 256 bits, how many may differ in a match."
    )
    artists: tuple[str, ...] = Field(
        default=(), description="Registered names; style.request finds requests for their style."
    )


class GuardSection(_Section):
    """Detectors' findings become actions here."""

    on_error: Literal["block", "flag", "allow"] = Field(
        default="block", description="What a detector that gives no answer counts as."
    )
    deadline_ms: int = Field(default=1000, ge=10, le=60_000, description="Per detector.")
    notice: str = Field(
        default="This text was withheld by the rules of this service.",
        min_length=1,
        description="Stands in place of what a block took away.",
    )
    review_notice: str = Field(
        default="This answer waits for a person's review.",
        min_length=1,
        description="Stands in place of an answer held for review.",
    )
    model: bool = Field(
        default=True, description="Ask the trained model too (extra `guard`), not only the tables."
    )
    degrees: dict[str, tuple[Share, ...]] = Field(
        default_factory=dict,
        description="By rule id: from which share of people on degree 1, 2, 3, 4 begins.",
    )
    names: bool = Field(default=False, description="Find person and place names (extra `names`).")
    images: ImagesSection | None = None
    rule: tuple[GuardRule, ...] = ()
    pattern: tuple[GuardPattern, ...] = ()
    exception: tuple[GuardException, ...] = ()
    topic: tuple[Topic, ...] = ()

    @field_validator("degrees")
    @classmethod
    def _degrees_rise(cls, value: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for rule, shares in value.items():
            if not 1 <= len(shares) <= _DEGREES or list(shares) != sorted(shares):
                raise ValueError(f"{rule}: {list(shares)} must be one to four shares that rise")
        return value


class ExposureSection(_Section):
    """How often a passage may stand in the corpus; what stands more often is cut."""

    words: int = Field(default=50, ge=8, le=1000, description="Shortest passage that counts.")
    times: int = Field(default=10, ge=1, le=1_000_000, description="Most places it stands in.")


class CurateSection(_Section):
    """What a corpus is made of, besides what the guard decides. By default no record is judged."""

    near_duplicates: bool = Field(default=True, description="Leave near duplicates out.")
    likeness: float = Field(
        default=0.8, ge=0.5, le=1.0, description="Share of 5-word runs that near duplicates share."
    )
    copies: int = Field(
        default=1, ge=1, le=1000, description="How many of like records are kept, the first ones."
    )
    exposure: ExposureSection | None = None
    languages: tuple[str, ...] = Field(
        default=(), description="Keep records in these languages (ISO 639-1); empty: in all."
    )
    licences: tuple[str, ...] = Field(
        default=(), description="Keep records whose `licence` or `license` is one of these."
    )
    quality: bool = Field(default=False, description="Leave out what does not read like prose.")
    min_words: int = Field(default=0, ge=0, description="Shorter records are left out.")
    max_words: int | None = Field(default=None, ge=1, description="Longer ones are left out.")
    evaluation: tuple[str, ...] = Field(
        default=(), description="Files of evaluation data; records that share a run are left out."
    )
    evaluation_words: int = Field(default=13, ge=5, le=100, description="Words of such a run.")
    balance_gender: bool = Field(
        default=False, description="Swap women and men in every second record (English)."
    )
    owner: str = Field(default="owner", min_length=1, description="Field that names the owner.")


class MatchSection(_Section):
    """Protected works: what answers are compared with, and what counts as a copy."""

    index: str = Field(
        min_length=1, description="Folder of an index; `upright match index add` makes one."
    )
    run: int = Field(
        default=13, ge=13, le=1000, description="Words in a row that are an exact copy."
    )
    code_run: int = Field(
        default=25, ge=25, le=1000, description="Tokens in a row that are a copy of code."
    )
    near: bool = Field(default=True, description="Find copies with some words changed too.")
    licences: tuple[str, ...] = Field(
        default=(), description="Licences whose works may be copied, as the index spells them."
    )
    resample: bool = Field(
        default=False,
        description="Let the engine choose another word where one would complete a run.",
    )


class AttributeSection(_Section):
    """Training data that answers are held against, after they were written."""

    index: str | None = Field(
        default=None, description="Folder of an index; `upright attribute index` makes one."
    )
    corpus: str | None = Field(
        default=None,
        description="Folder that `upright curate` wrote; who is taken out of the index is taken "
        "out of it too.",
    )


class LendingSection(_Section):
    """What whatever decides about people may see, what must be equal, and what must keep mattering.

    `upright train classifier` and `upright audit lending` read it.
    """

    attributes: Literal["blind", "aware"] | None = Field(
        default=None, description="Whether decisions may see the group columns."
    )
    groups: tuple[str, ...] = Field(
        default=(), description="Columns of the groups; decisions are to be equal between them."
    )
    keep: tuple[str, ...] = Field(
        default=(),
        description="Columns of numbers that must go on mattering, with the sign that life has.",
    )
    parity: (
        Literal["false_rejection", "false_positive", "true_positive", "error", "selection"] | None
    ) = Field(default=None, description="The rate that is to be equal.")
    max_gap: float | None = Field(
        default=None, gt=0, lt=1, description="Largest difference between two groups."
    )
    max_violation: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Largest violation of any subgroup that a line cuts out, in place of gaps.",
    )

    @model_validator(mode="after")
    def _one_bound(self) -> LendingSection:
        if self.max_gap is not None and self.max_violation is not None:
            raise ValueError("max_gap is for groups and max_violation for subgroups: give one")
        return self

    @model_validator(mode="after")
    def _equal_or_kept(self) -> LendingSection:
        for name in self.groups:
            if name in self.keep:
                raise ValueError(
                    f"groups and keep both name {name!r}: a column is to be equal or to matter"
                )
        return self


class AuditGate(_Section):
    """A measure the use must keep within a bound."""

    measure: str = Field(min_length=1, description="Name of the measure.")
    within: float = Field(ge=0.0, description="Largest value that passes.")


class AuditSection(_Section):
    """Audits this use must pass."""

    gate: tuple[AuditGate, ...] = ()


class Disclosure(_Section):
    """How a reader learns that a machine wrote it."""

    text: str = Field(default="", description="What every answer is accompanied by.")
    visible: bool = Field(default=False, description="Also put the text at the answer's end.")


class LedgerSection(_Section):
    """What is remembered. Digests always are; texts only if the use asks."""

    keep_texts: bool = Field(default=False, description="Keep texts in the erasable vault.")


class Limits(_Section):
    """What one API key may ask for."""

    requests_per_minute: int = Field(default=600, ge=1, description="More are refused with 429.")
    max_request_bytes: int = Field(
        default=1_000_000, ge=1000, description="Larger requests are refused with 413."
    )
    max_concurrent: int = Field(default=64, ge=1, description="Requests in flight.")
    public_verifications_per_minute: int = Field(
        default=0, ge=0, le=600, description="Anybody may ask for a bare verdict; 0: nobody."
    )


class Sources(_Section):
    """Where grounded answers may take their facts from."""

    database: str | None = Field(default=None, description="Folder of loaded sources.")


class Policy(_Section):
    """One use case: what matters, and what is done about it."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, ignored_types=(cached_property,)
    )

    schema_: Literal[1] = Field(alias="schema", description="Version of this file's format.")
    use_case: UseCase
    engine: EngineSection = EngineSection()
    generation: Generation = Generation()
    watermark: WatermarkSection = WatermarkSection()
    balance: BalanceSection = BalanceSection()
    certificates: CertificatesSection = CertificatesSection()
    guard: GuardSection = GuardSection()
    match: MatchSection | None = None
    sources: Sources = Sources()
    attribute: AttributeSection = AttributeSection()
    curate: CurateSection = CurateSection()
    lending: LendingSection = LendingSection()
    audit: AuditSection = AuditSection()
    disclosure: Disclosure = Disclosure()
    ledger: LedgerSection = LedgerSection()
    limits: Limits = Limits()

    # Where the file lay, for the folders that it names; no part of what the use is.
    _folder: str = PrivateAttr(default="")

    @property
    def folder(self) -> str:
        """Where the file lay that it was read from, or ""."""
        return self._folder

    def beside(self, folder: str) -> Policy:
        """Return the policy as read from a file in a folder."""
        policy = self.model_copy()
        policy._folder = folder  # noqa: SLF001 (a copy of its own)
        return policy

    @property
    def index_folder(self) -> Path | None:
        """Where the index of protected works is: beside the use's file, else as it is named."""
        return None if self.match is None else self._named(self.match.index)

    @property
    def training_folder(self) -> Path | None:
        """Where the index of training data is: beside the use's file, else as it is named."""
        return None if self.attribute.index is None else self._named(self.attribute.index)

    @property
    def corpus_folder(self) -> Path | None:
        """Where the curated corpus is: beside the use's file, else as it is named."""
        return None if self.attribute.corpus is None else self._named(self.attribute.corpus)

    def _named(self, folder: str) -> Path:
        beside = Path(self._folder, folder)
        return beside if beside.exists() else Path(folder)

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of the whole policy, defaults included."""
        return digest(self.model_dump(mode="json", by_alias=True))
