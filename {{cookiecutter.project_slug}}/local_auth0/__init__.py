"""A stand-in for the Auth0 tenant: real HTTPS, real RS256, no account. Never shipped.

`python -m local_auth0 --help` says what it does from the shell; tests use `Tenant`.
"""

from .tenant import Tenant

__all__ = ["Tenant"]
