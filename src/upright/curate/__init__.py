"""Raw files become a guarded, capped corpus without twins, with lineage and a card."""

from upright.curate.curation import Curation
from upright.curate.errors import ChangedError, InputError
from upright.curate.run import Curated, curate

__all__ = ["ChangedError", "Curated", "Curation", "InputError", "curate"]
