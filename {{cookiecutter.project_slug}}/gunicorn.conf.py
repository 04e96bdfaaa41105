"""How gunicorn serves the API in production: `gunicorn` in this folder reads this file.

A HUP signal has it read again, with `.env` and the code. docs/operations.md explains the sizes.
"""

import math
import os
import re
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from ipaddress import ip_address
from pathlib import Path

# Read the settings without the app, which only workers import: those of gevent have to patch
# Python's modules first, and those that a HUP starts find the code as it is then.
package = "{{ cookiecutter.__package }}"
sys.modules[package] = module_from_spec(find_spec(package))
settings = import_module(f"{package}.config")
request_logging = import_module(f"{package}.request_logging")
for name in [name for name in sys.modules if name.split(".")[0] == package]:
    del sys.modules[name]


def cores(limit: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Return how many processors may be busy: by a container's limit, if there is one."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    quota, period = limit.read_text().split() if limit.exists() else ("max", "")
    return usable if quota == "max" else min(usable, math.ceil(int(quota) / int(period)))


def address(host: str, port: int) -> str:
    """Return what to listen on. Raises SettingError."""
    with suppress(ValueError):
        ip = ip_address(re.sub(r"^\[(.*:.*)\]$", r"\1", host))
        return f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"
    if found := re.fullmatch(r"(unix:.+)|(?ai:([\w-]+\.)*(?=\d*[a-z_-])[\w-]+)", host):
        return found[1] or f"{host}:{port}"
    expected = "a host name, an IP address or a Unix socket, such as '0.0.0.0' or 'unix:/run/api'"
    raise settings.SettingError("BIND_HOST", host, f"{expected}; the port is PORT")


def post_worker_init(worker):
    from {{ cookiecutter.__package }}.auth import signing_keys

    for keys in signing_keys(worker.wsgi).values():
        keys.warm_up()  # the first request finds the keys there
    worker.wsgi.config["IS_READY"] = lambda: worker.alive  # not ready once it has to end
    worker.log.access = lambda *_: None  # request_logging logs more


try:
    added = settings.read_dotenv(os.environ)
{%- if cookiecutter.diagnostics %}
    # The credentials of 'flask auth0 check' are not for workers.
    added = {name: value for name, value in added.items() if not name.startswith("AUTH0_CHECK_")}
{%- endif %}
    os.environ.update(added)
    settings.load_settings(os.environ)
    logconfig_dict = request_logging.configuration(os.environ, default="json")
    port = settings.clean_number("PORT", os.environ, 3010, 65_535)
    bind = address(os.environ.get("BIND_HOST", "").strip() or "127.0.0.1", port)
    # One worker responds while the other is replaced.
    workers = settings.clean_number("WEB_CONCURRENCY", os.environ, max(2, cores()), 65_535)
    threads = settings.clean_number("THREADS", os.environ, 8, 65_535)
except settings.SettingError as error:
    sys.exit(f"Error: {error.message}")

raw_env = [f"{name}={value}" for name, value in added.items()]  # a HUP removes them first
wsgi_app = f"{package}:create_app()"
worker_class = "gthread"
timeout = 30  # seconds that a worker may be stuck: it is killed, and a new one started
graceful_timeout = 30  # seconds that requests under way get when their worker has to end
keepalive = 75  # seconds; longer than a proxy in front keeps a connection, which is mostly 60
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # heartbeats wait for no disk

limit_request_field_size = 17_408  # a token of more than 16,384 characters gets our response
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1,::ffff:127.0.0.1")
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}  # and none of gunicorn's other two
forwarder_headers = ""  # SCRIPT_NAME in a request would change the path behind a proxy's back
control_socket_disable = True  # two servers of one user would share it
