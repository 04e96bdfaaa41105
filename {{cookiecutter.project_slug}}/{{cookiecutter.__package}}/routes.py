"""The endpoints. The decorator directly below each route declares who may call it."""

from flask import Blueprint

from .auth import current_token, public, requires_auth, requires_scope

api = Blueprint("api", __name__, url_prefix="/api")


@api.get("/public")
@public
def get_public() -> dict[str, str]:
    return {"message": "Hello! Anyone may call this endpoint."}


@api.get("/private")
@requires_auth
def get_private() -> dict[str, str]:
    return {"message": "Hello! Your access token is valid.", "sub": current_token.subject}


@api.get("/private-scoped")
@requires_scope("read:messages")
def get_private_scoped() -> dict[str, str]:
    return {"message": "Hello! You may read messages.", "sub": current_token.subject}
