"""The product in Chromium: real processes, real clicks. ``make test-all`` runs these; ``make screenshots`` looks on."""
