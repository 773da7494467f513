"""English. A module a kind of finding, and one an answer."""

from labkit.claims.sentences.en import (
    absence,
    change,
    combining,
    conclusion,
    configurations,
    courses,
    evidence,
    families,
    latent_dim,
    levels,
    missing,
    mode_collapse,
    names,
    published,
    reasons,
    setting,
    spread,
    stability,
    statement,
    sure,
)
