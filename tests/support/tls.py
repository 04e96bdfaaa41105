"""An app on loopback, over TLS or behind an nginx that ends TLS."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from .environ import user_environ
from .processes import running
from .programs import require
from .traffic import eventually


@contextmanager
def served(app: Flask, port: int, certificate: Path | None = None) -> Iterator[None]:
    """Serve an app on loopback, over TLS if there is a certificate, which includes its key."""
    tls = (str(certificate), None) if certificate else None
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def nginx(folder: Path, rules: str, port: int, certificate: Path) -> Iterator[None]:
    """Run an nginx with these rules and TLS."""
    # Where nginx would put them by itself only root may write.
    folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {name};\n" for name in folders)
    (folder / "nginx.conf").write_text(f"""pid nginx.pid;
events {{}}
http {{
{temporary}access_log off;
server {{
listen 127.0.0.1:{port} ssl;
ssl_certificate {certificate};
ssl_certificate_key {certificate};
{rules}}}
}}
""")
    options = ["-p", ".", "-c", "nginx.conf", "-e", "nginx.log", "-g", "daemon off;"]
    with running([require("nginx"), *options], folder, user_environ()) as process:
        eventually(lambda: is_listening(port) or process.poll() is not None, "nginx is up")
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
