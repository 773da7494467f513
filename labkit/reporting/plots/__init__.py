"""The report's plots: values (:mod:`chart`), how they look (:mod:`style`, :mod:`draw`)
and what they show, one small module a theme."""
