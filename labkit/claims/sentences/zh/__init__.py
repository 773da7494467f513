"""Chinese (simplified): what findings are called, how they are told, and what answers say."""

from labkit.claims.sentences import telling
from labkit.claims.sentences.zh import (
    absence,
    change,
    combining,
    conclusion,
    evidence,
    families,
    latent_dim,
    levels,
    mode_collapse,
    names,
    setting,
    stability,
    sure,
)
