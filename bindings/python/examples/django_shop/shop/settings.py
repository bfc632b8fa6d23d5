"""The settings of the shop. Those of `fh_client` are the last two."""

SECRET_KEY = "an example needs none"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
INSTALLED_APPS = ["fh_client.django", "shop"]
MIDDLEWARE = ["fh_client.django.FeaturesMiddleware"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

FH_CLIENT = "shop.flags.client"
FH_CONTEXT = "shop.flags.user"
