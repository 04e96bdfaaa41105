"""What the endpoints of the app ask of a token."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from ..auth import AccessToken, AuthError
from ..auth.decided import decision_of
from ..auth.decorators import Decision


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that asks for a token; `name` is its methods and its path."""

    name: str
    decision: Decision

    @property
    def needs(self) -> str:
        """The scopes and permissions that it asks for."""
        kinds = (("scope", self.decision.scopes), ("permission", self.decision.permissions))
        return ", ".join(f"the {kind} {name}" for kind, names in kinds for name in names)

    def lets_in(self, access: AccessToken) -> bool:
        """Decide as the endpoint does."""
        try:
            access.require_scopes(*self.decision.scopes)
            access.require_permissions(*self.decision.permissions)
        except AuthError:
            return False
        return True


def demands(app: Flask) -> Iterator[Endpoint]:
    """Yield the endpoints that are not for everyone."""
    for rule in app.url_map.iter_rules():
        decision = decision_of(app, rule.endpoint)
        if not decision.public:
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            yield Endpoint(f"{' '.join(methods)} {rule.rule}", decision)
