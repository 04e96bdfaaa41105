"""Removes the folders of features that are off, and prints the next steps."""

import json
import os

CONTEXT = json.loads(r"""{{ cookiecutter | tojson }}""")

for folder, _, _ in os.walk(".", topdown=False):
    if not os.listdir(folder):
        os.rmdir(folder)

is_unset = CONTEXT["__auth0_domain"] == "your-tenant.auth0.example"
print(f"""
Next: cd {CONTEXT["project_slug"]}
  make dev    run the API with a stand-in tenant; no Auth0 account needed
  make test   run its tests
The domain and the audience are in {CONTEXT["__package"]}/config.py; .env overrides them.
{"Your Auth0 domain is not set yet." if is_unset else ""}""")
