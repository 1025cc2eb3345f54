"""How we meet the web; the composition root."""
