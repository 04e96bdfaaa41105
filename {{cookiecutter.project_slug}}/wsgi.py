"""The app for the flask command, with the `.env` of this folder."""

import os

from dotenv import find_dotenv

from {{ cookiecutter.__package }} import config, create_app

nearest = find_dotenv(usecwd=True)  # flask has read it, unless FLASK_SKIP_DOTENV is set
if nearest not in ("", str(config.DOTENV)) and "FLASK_SKIP_DOTENV" not in os.environ:
    raise config.SettingError("The nearest .env", nearest, f"{config.DOTENV}: create it")
os.environ.update(config.read_dotenv(os.environ))
app = create_app()
