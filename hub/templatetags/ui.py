"""The design system's tags: those components that have a slot, and small values a leaf cannot work out.

Leaves are plain includes of `templates/ui/`. Each tag here renders the template of the same name; docs/ui.md shows
how they are written. Text that a caller passes is escaped; what stands between a tag and its end is template source.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

register = template.Library()

# The symbols that only kinds and states look up by a name that comes from data. Another name gets the fallback.
DATA_ICONS: Final = frozenset(
    {
        *("assistant", "rule", "prompt", "skill", "mcp-server", "model", "docs", "data", "package"),
        *("public", "internal", "private"),
        *("latest", "prerelease", "yanked", "deprecated", "quarantined"),
        *("info", "success", "warning", "danger"),
    }
)
SHORT_DIGEST_LENGTH: Final = 12
RELATIVE_FOR: Final = dt.timedelta(days=30)


def _component(name: str, context: Mapping[str, object]) -> SafeString:
    return render_to_string(f"ui/{name}.html", dict(context))


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw the named symbol of static/icons/sprite.svg, hidden from assistive technology: the word says it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def data_icon(name: str, fallback: str = "package") -> SafeString:
    """Draw the symbol of a kind or state, or the fallback for one that came later than the drawing."""
    return icon(name if name in DATA_ICONS else fallback)


@register.filter
def short_digest(value: str) -> str:
    """Keep the first twelve hexadecimal digits of `sha256:…`, with its algorithm."""
    algorithm, separator, digits = str(value).rpartition(":")
    return f"{algorithm}{separator}{digits[:SHORT_DIGEST_LENGTH]}"


@register.filter
def grouped(value: int) -> str:
    """Write a whole number with the reader's thousands separators, whatever the setting for forms says."""
    return number_format(value, force_grouping=True)


def _relative(moment: dt.datetime, now: dt.datetime) -> str:
    distance = abs(now - moment)
    if distance < dt.timedelta(minutes=1):
        return _("just now")
    if distance > RELATIVE_FOR:
        return date_format(timezone.localtime(moment), "j M Y")
    if moment < now:
        return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}
    return _("in %(time)s") % {"time": timeuntil(moment, now, depth=1)}


@register.simple_tag
def when(moment: dt.datetime | None, now: dt.datetime | None = None) -> SafeString | str:
    """Say how long ago (or until) within a month, else the date; the exact time is in the title and `datetime`.

    Takes an aware datetime; None gives nothing, so that optional times need no `if`.
    """
    if not moment:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}",
        _relative(moment, now or timezone.now()),
    )


@register.simple_block_tag
def callout(content: str, variant: str = "info", title: str = "", role: str = "") -> SafeString:
    """Set a remark apart. `variant`: info, success, warning or danger; `role`: status or alert when it arrives late."""
    return _component("callout", {"content": content, "variant": variant, "title": title, "role": role})


@register.simple_block_tag
def card(content: str, title: str = "", variant: str = "", level: int = 2) -> SafeString:
    """Frame one subject. `variant`: danger, or task for a page with one thing to do; `level`: of its heading."""
    return _component("card", {"content": content, "title": title, "variant": variant, "level": level})


@register.simple_block_tag
def empty_state(content: str, title: str, symbol: str = "package") -> SafeString:
    """Say that there is nothing yet, and (in the slot) what to do about it."""
    return _component("empty_state", {"content": content, "title": title, "symbol": symbol})


@register.simple_block_tag
def breadcrumb(content: str) -> SafeString:
    """Hold `crumb` tags, from the widest to this page."""
    return _component("breadcrumb", {"content": content})


@register.simple_tag
def crumb(label: str, url: str = "") -> SafeString:
    """One step of a breadcrumb; without a URL it is this page."""
    if url:
        return format_html('<li><a href="{}">{}</a></li>', url, label)
    return format_html('<li><span aria-current="page">{}</span></li>', label)


@register.simple_block_tag
def tabs(content: str, label: str) -> SafeString:
    """Hold `tab` tags: pages about one thing. `label` names them for assistive technology."""
    return _component("tabs", {"content": content, "label": label})


@register.simple_tag
def tab(label: str, url: str, current: bool = False, count: int | None = None) -> SafeString:
    """One page of `tabs`; `count` is what one will find there."""
    return _component("tab", {"label": label, "url": url, "current": current, "count": count})


@register.simple_block_tag
def table(content: str, caption: str, show_caption: bool = False, stack: bool = False) -> SafeString:
    """Hold `thead` and `tbody`. `stack`: on a phone a row becomes a list (cells need `data-label`) instead of scrolling."""
    return _component("table", {"content": content, "caption": caption, "show_caption": show_caption, "stack": stack})


@register.simple_block_tag
def facts(content: str, variant: str = "") -> SafeString:
    """Hold `fact` tags. `variant`: rows for a wide column, nothing for a narrow one."""
    return format_html('<dl class="facts" data-variant="{}">{}</dl>', variant, content)


@register.simple_block_tag
def fact(content: str, label: str) -> SafeString:
    """One name and its value (the slot)."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, content)


@register.simple_block_tag
def menu(content: str, id: str, label: str, symbol: str = "", variant: str = "", icon_only: bool = False) -> SafeString:
    """Hang a list of links (`<ul><li>` in the slot) from a button. `id`: unique in the page."""
    return _component(
        "menu",
        {
            "content": content,
            "id": id,
            "label": label,
            "symbol": symbol,
            "variant": variant,
            "icon_only": icon_only,
        },
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """A modal dialog, opened by a button with `command="show-modal"` and `commandfor=id`."""
    return _component("dialog", {"content": content, "id": id, "title": title})


@register.simple_block_tag(takes_context=True)
def confirm(
    context: template.Context,
    content: str,
    id: str,
    trigger: str,
    title: str,
    action: str,
    submit: str,
    confirm_url: str = "",
    size: str = "",
) -> SafeString:
    """Ask before doing harm: a trigger, and a dialog with a form that posts to `action`.

    The slot holds what will happen, and fields if any. `confirm_url` (else `action`) is the page that asks the same
    where dialogs cannot be opened; it renders `ui/confirm_page.html`.
    """
    return _component(
        "confirm",
        {
            "content": content,
            "id": id,
            "trigger": trigger,
            "title": title,
            "action": action,
            "submit": submit,
            "confirm_url": confirm_url or action,
            "size": size,
            "csrf_token": context.get("csrf_token"),
        },
    )
