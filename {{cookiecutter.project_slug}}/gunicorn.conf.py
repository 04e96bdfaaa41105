"""How gunicorn serves the API in production: `gunicorn` in this folder reads this file."""

import os
import sys

from dotenv import load_dotenv

from {{ cookiecutter.__package }}.auth.tokens import MAX_LENGTH
from {{ cookiecutter.__package }}.config import SettingError, load_settings

load_dotenv()
try:
    load_settings(os.environ)
except SettingError as error:
    sys.exit(f"Error: {error.message}")

wsgi_app = "{{ cookiecutter.__package }}:create_app()"
bind = f"{os.environ.get('BIND_HOST', '127.0.0.1')}:{os.environ.get('PORT', '3010')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "8"))
worker_class = "gthread"
limit_request_field_size = MAX_LENGTH + 1024  # a token that is too long gets our answer
control_socket_disable = True  # two servers of one user would share it
accesslog = "-"
