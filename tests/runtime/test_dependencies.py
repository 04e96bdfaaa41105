"""The reason why the audit of a project ignores CVE-2024-23342."""

import subprocess
import sys
from pathlib import Path

from ..support.api import Mint


def test_ecdsa_is_installed_and_never_imported(
    api_folder: Path, environ: dict[str, str], token: Mint
) -> None:
    # It has CVE-2024-23342; python-jose requires it and uses cryptography instead.
    code = (
        "import sys;"
        "from messages_api import create_app;"
        f"call = create_app({environ}).test_client().get;"
        f"headers = dict(Authorization='Bearer {token()}');"
        "assert call('/api/private', headers=headers).status_code == 200;"
        "assert 'jose' in sys.modules;"
        "assert 'ecdsa' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], cwd=api_folder, check=True)
