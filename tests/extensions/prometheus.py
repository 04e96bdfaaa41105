"""prometheus-flask-exporter: metrics of all requests, and a counter of each view."""

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_flask_exporter import PrometheusMetrics

from .views import View, add_views

OWN_ENDPOINTS = ("prometheus_metrics",)


def add_endpoints(app: Flask) -> None:
    metrics = PrometheusMetrics(app, registry=CollectorRegistry())

    def count(view: View) -> View:
        counted: View = metrics.counter(view.__name__, "Calls of the view")(view)
        return counted

    add_views(app, count)
