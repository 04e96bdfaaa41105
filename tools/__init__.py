"""Programs for contributors to the template."""
