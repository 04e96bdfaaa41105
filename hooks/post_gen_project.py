"""Says what to do next, and does nothing else."""

import json

CONTEXT = json.loads(r"""{{ cookiecutter | tojson }}""")

tenant = CONTEXT["__auth0_domain"]
missing = "; your tenant is still to be set" if tenant == "your-tenant.auth0.example" else ""
print(f"""
Next: cd {CONTEXT["project_slug"]}
  make dev    try the API beside a stand-in tenant, no account needed
  make test   run its tests
Domain and audience: {CONTEXT["__package"]}/config.py, overridden by .env{missing}
""")
