"""The pages of the shop."""

from django.urls import path

from . import views

urlpatterns = [path("", views.shop), path("limit", views.limit)]
