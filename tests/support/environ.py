"""The environment of commands that the tests and the demo run."""

import os


def user_environ(**extra: str) -> dict[str, str]:
    """Return this process's environment without variables that configure this run or the API."""
    prefixes = (
        *(
            "API_DOCS",
            "AUTH0_",
            "BIND_",
            "COOKIECUTTER_",
            "CORS_",
            "COV",
            "DPOP",
            "FLASK_",
            "FORWARDED_",
        ),
        *("GIT_", "GUNICORN_", "LOCAL_AUTH0_", "LOG_", "MAKE", "MAX_CONTENT_", "MFLAGS"),
        *("PYTEST_", "TRUSTED_", "XDG_CONFIG_"),
    )
    names = (
        *("HOST", "PORT", "PUBLIC_URL", "PYTHONDONTWRITEBYTECODE", "REQUESTS_CA_BUNDLE", "THREADS"),
        *("UV", "UV_PYTHON", "VIRTUAL_ENV", "WEB_CONCURRENCY"),
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith(prefixes) and k not in names}
    return kept | extra
