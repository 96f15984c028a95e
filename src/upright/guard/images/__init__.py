"""Reading pictures: decoding within bounds, perceptual hashes, lists of hashes, a model."""
