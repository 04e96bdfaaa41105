FLASK_APP={{ cookiecutter.__package }}:create_app
