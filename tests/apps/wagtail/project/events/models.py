"""An event page with one field of each kind that Wagtail has a widget for."""

from django.db import models
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page
from wagtail.snippets.models import register_snippet


@register_snippet
class Venue(models.Model):
    """Where events are held."""

    name = models.CharField(max_length=80)

    def __str__(self):
        return self.name


class EventTag(TaggedItemBase):
    """A word for an event."""

    content_object = ParentalKey("EventPage", related_name="tagged_items", on_delete=models.CASCADE)


class EventPage(Page):
    """An event."""

    KINDS = (("talk", "Talk"), ("course", "Course"), ("fair", "Trade fair"))
    day = models.DateField()
    doors = models.TimeField("Doors open")
    closes = models.DateTimeField("Registration closes")
    kind = models.CharField(max_length=20, choices=KINDS)
    free = models.BooleanField("Free of charge", default=False)
    summary = RichTextField(features=["bold", "italic", "ol", "ul", "link"])
    programme = StreamField([("heading", blocks.CharBlock()), ("paragraph", blocks.RichTextBlock())], blank=True)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="+")
    tags = ClusterTaggableManager(through=EventTag, blank=True)

    content_panels = [  # noqa: RUF012 - as Wagtail wants it
        *Page.content_panels,
        FieldPanel("day"),
        FieldPanel("doors"),
        FieldPanel("closes"),
        FieldPanel("kind"),
        FieldPanel("free"),
        FieldPanel("summary"),
        FieldPanel("programme"),
        FieldPanel("venue"),
        FieldPanel("tags"),
        InlinePanel("speakers", label="Speaker"),
    ]


class Speaker(Orderable):
    """Who speaks at an event."""

    event = ParentalKey(EventPage, related_name="speakers", on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
