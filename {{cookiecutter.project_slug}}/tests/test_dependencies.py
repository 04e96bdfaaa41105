"""What the audit's exception rests on."""

import subprocess
import sys
from pathlib import Path

from .conftest import Mint


def test_ecdsa_is_installed_and_never_imported(environ: dict[str, str], token: Mint) -> None:
    # CVE-2024-23342 is in it; python-jose asks for it, and uses cryptography instead.
    code = (
        "import sys;"
        "from {{ cookiecutter.__package }} import create_app;"
        f"call = create_app({environ}).test_client().get;"
        f"headers = dict(Authorization='Bearer {token()}');"
        "assert call('/api/private', headers=headers).status_code == 200;"
        "assert 'jose' in sys.modules;"
        "assert 'ecdsa' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent, check=True)
