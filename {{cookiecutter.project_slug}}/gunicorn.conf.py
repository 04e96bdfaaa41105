"""How gunicorn serves the API in production. Run `gunicorn` in this folder to use this file.

A HUP signal reloads this file, `.env` and the code. docs/operations.md explains the sizes.
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

# Read the settings without importing the app. Only workers import it: gevent workers must patch
# Python's modules first, and workers that a HUP starts load the current code.
package = "{{ cookiecutter.__package }}"
sys.modules[package] = module_from_spec(find_spec(package))
settings = import_module(f"{package}.config")
request_logging = import_module(f"{package}.request_logging")
for name in [name for name in sys.modules if name.split(".")[0] == package]:
    del sys.modules[name]


def cores(limit: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Return the number of usable processors, within the container's limit if there is one."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    quota, period = limit.read_text().split() if limit.exists() else ("max", "")
    return usable if quota == "max" else min(usable, math.ceil(int(quota) / int(period)))


def address(host: str, port: int) -> str:
    """Return the address to listen on. Raises SettingError."""
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
        keys.warm_up()  # so that the first request need not wait
    worker.wsgi.config["IS_READY"] = lambda: worker.alive  # not ready once it is stopping
    worker.log.access = lambda *_: None  # request_logging logs requests


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

raw_env = [f"{name}={value}" for name, value in added.items()]  # gunicorn unsets these on a HUP
wsgi_app = f"{package}:create_app()"
worker_class = "gthread"
timeout = 30  # seconds after which a stuck worker is killed and replaced
graceful_timeout = 30  # seconds that a stopping worker has to complete its requests
keepalive = 75  # seconds; longer than proxies keep an idle connection, which is usually 60
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # no waiting for a disk

limit_request_field_size = 17_408  # a token above 16,384 characters gets the API's own response
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1,::ffff:127.0.0.1")
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}  # without gunicorn's other two
forwarder_headers = ""  # a SCRIPT_NAME header would change the path that the proxy has checked
control_socket_disable = True  # two servers of one user would share it
