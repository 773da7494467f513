"""Networks (`lab1`, ...) and the families that train them (`gan`, `vae`, ...)."""
