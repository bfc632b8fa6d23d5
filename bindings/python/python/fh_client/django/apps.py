"""The application, which brings the template tag."""

from __future__ import annotations

from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    """The application `fh_client.django`."""

    name = "fh_client.django"
    label = "fh_client"
