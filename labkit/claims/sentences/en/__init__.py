"""English. A module a kind of finding, and one an answer."""

from labkit.claims.sentences.en import (
    absence,
    change,
    combining,
    conclusion,
    courses,
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
