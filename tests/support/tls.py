"""Serving an app on loopback over TLS, by itself or behind nginx."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from .environ import user_environ
from .processes import is_listening, running
from .programs import require_program
from .waiting import wait_until


@contextmanager
def serve_app(app: Flask, port: int, certificate: Path | None = None) -> Iterator[None]:
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
def run_nginx(folder: Path, rules: str, port: int, certificate: Path) -> Iterator[None]:
    """Run nginx with TLS and these rules."""
    # Only root may write to nginx's default folders.
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
    with running([require_program("nginx"), *options], folder, user_environ()) as process:
        wait_until(lambda: is_listening(port) or process.poll() is not None, "nginx is up")
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield
