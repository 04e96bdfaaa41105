"""How fast the rendered API is, compared with other ways to protect a Flask API."""
