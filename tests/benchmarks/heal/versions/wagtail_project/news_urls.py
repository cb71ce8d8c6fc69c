"""Wagtail's admin, and the pages."""

from django.urls import include, path

try:
    from wagtail import urls as wagtail_urls
except ImportError:  # before Wagtail 3
    from wagtail.core import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [path("admin/", include(wagtailadmin_urls)), path("", include(wagtail_urls))]
