"""A shop with Django, in which each request reads the features of its user.

Run it beside an Edge, and ask for the page as two users:

    FEATUREHUB_EDGE_URL=https://edge.example FEATUREHUB_CLIENT_API_KEY='ENVIRONMENT/KEY*' python manage.py runserver
    curl -H 'x-user: mara' -H 'x-plan: gold' http://localhost:8000/
"""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    execute_from_command_line(sys.argv)
