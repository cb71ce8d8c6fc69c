"""A piece of news, written as each release of Wagtail wants it."""

from django.db import models

try:
    from wagtail.admin.panels import FieldPanel
    from wagtail.models import Page
except ImportError:  # before Wagtail 3
    from wagtail.admin.edit_handlers import FieldPanel
    from wagtail.core.models import Page


class NewsPage(Page):
    """Has one field of each plain kind."""

    day = models.DateField()
    section = models.CharField(max_length=20, choices=[("city", "City"), ("sports", "Sports"), ("arts", "Arts")])
    featured = models.BooleanField(default=False)
    author = models.CharField(max_length=80)
    summary = models.TextField()

    content_panels = Page.content_panels + [
        FieldPanel(name) for name in ("author", "day", "section", "featured", "summary")
    ]
