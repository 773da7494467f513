"""What a set of samples is worth: features, distances, modes, stability, VAE measures.

Everything that can change a measured value lives in this package, so that the hash
of its code (and of the pinned network) says whether two values are comparable.
"""
