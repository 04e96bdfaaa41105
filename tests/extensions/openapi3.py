"""flask-openapi3: policies on views, on methods of an APIView, and on an APIBlueprint."""

from flask_openapi3 import APIBlueprint, APIView, OpenAPI
from openapi3_api.auth import Forbidden, public, requires_auth, requires_scope
from pydantic import BaseModel

from .contract import HELLO

OWN_ENDPOINTS = ("openapi.*",)


class ReportBody(BaseModel):
    text: str


def add_endpoints(app: OpenAPI) -> None:
    view = APIView(url_prefix="/api")
    scoped = requires_scope("read:report")(
        APIBlueprint("scoped", __name__, url_prefix="/api/scoped")
    )

    @app.get("/api/public/view")
    @public
    def get_public() -> dict[str, str]:
        return HELLO

    @view.route("/private/method")
    class Private:
        @view.doc(summary="Hello")
        @requires_auth
        def get(self) -> dict[str, str]:
            return HELLO

    @scoped.get("/blueprint")
    def get_scoped() -> dict[str, str]:
        return HELLO

    @app.post("/api/validated/view")
    @requires_scope("read:report")
    def post_validated(body: ReportBody) -> dict[str, str]:
        return HELLO if body.text else {}

    @view.route("/validated/method")
    class Validated:
        @view.doc(summary="Hello")
        @requires_scope("read:report")
        def post(self, body: ReportBody) -> dict[str, str]:
            return HELLO if body.text else {}

    @app.get("/api/forbidden/view")
    @requires_auth
    def get_forbidden() -> dict[str, str]:
        raise Forbidden("not_yours", "The report is not yours.")

    app.register_api_view(view)
    app.register_api(scoped)
