"""Drawings in the line of the text, in its colour: ``{% icon "planned" %}``."""

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Draw what ``templates/icons`` has by this name; it says nothing to a screen reader."""
    return render_to_string(f"icons/{name}.svg")
