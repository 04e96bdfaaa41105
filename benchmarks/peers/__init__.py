"""The compared ways to protect a Flask API, each used as its documentation shows."""
