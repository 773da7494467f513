"""The report's plots: values (:mod:`chart`), how they look (:mod:`style`, :mod:`draw`), and one
small module a theme that makes them."""
