"""English: what findings are called and how they are told, and what each answer says."""

from labkit.claims.sentences import telling
from labkit.claims.sentences.en import (
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
