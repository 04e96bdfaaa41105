"""How gunicorn serves the API in production: `gunicorn` in this folder reads this file."""

import os
import sys

from dotenv import load_dotenv

from {{ cookiecutter.__package }}.config import SettingError, load_settings

load_dotenv()
try:
    load_settings(os.environ)
except SettingError as error:
    sys.exit(f"Error: {error.message}")

wsgi_app = "{{ cookiecutter.__package }}:create_app()"
bind = f"{os.environ.get('BIND_HOST', '127.0.0.1')}:{os.environ.get('PORT', '3010')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "4"))
worker_class = "gthread"
limit_request_field_size = 16_384 + len("Bearer ") + 2  # the longest token that is looked at
no_control_socket = True  # two servers of one user would share it
accesslog = "-"
