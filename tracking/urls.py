"""The addresses of tracking; the installation puts them at its root."""

from django.urls import path, re_path

from tracking.views import (
    attempt,
    code,
    colours,
    gps,
    logo,
    lookup,
    options,
    page,
    preferences,
    proof,
    representations,
    share,
    unlock,
    widget,
)

app_name = "tracking"

urlpatterns = [
    # First what is asked for most: every phone, every second.
    path("gps/<str:key>/", gps.receive, name="gps"),
    path("gps/<str:key>", gps.receive),
    path("", lookup.find, name="find"),
    path("t/<str:token>/", page.page, name="page"),
    path("widget.js", widget.script, name="widget_script"),
    path("t/<str:token>/widget/", widget.show, name="widget"),
    path("t/<str:token>/code/", code.request_code, name="code"),
    path("t/<str:token>/unlock/", unlock.unlock, name="unlock"),
    path("t/<str:token>/attempt/", attempt.show, name="attempt"),
    path("t/<str:token>/attempt/dispute/", attempt.dispute, name="dispute"),
    path("t/<str:token>/proof/", proof.show, name="proof"),
    path("t/<str:token>/proof/receipt.<str:form>", proof.receipt, name="receipt"),
    path("t/<str:token>/proof/<str:key>/", proof.picture, name="proof_picture"),
    path(".well-known/receipts.json", proof.published, name="receipt_keys"),
    path("t/<str:token>/options/", options.show, name="options"),
    path("t/<str:token>/options/share/", share.show, name="share"),
    path("t/<str:token>/options/share/new/", share.share, name="share_new"),
    path("t/<str:token>/options/share/<str:shared>/end/", share.revoke, name="unshare"),
    path("t/<str:token>/options/wishes/", preferences.show, name="preferences"),
    path("t/<str:token>/options/wishes/code/", preferences.request_code, name="preferences_code"),
    path("t/<str:token>/options/wishes/new/", preferences.wish, name="wish"),
    path("t/<str:token>/options/wishes/<slug:action>/end/", preferences.forget, name="forget"),
    path("t/<str:token>/options/photo/", options.photo, name="hint"),
    path("t/<str:token>/options/<slug:action>/", options.ask, name="ask"),
    path("t/<str:token>/options/<slug:action>/undo/", options.undo, name="undo"),
    path("shared/<str:token>/", share.shared, name="shared"),
    path("t/<str:token>.json", representations.page_json, name="page_json"),
    path("t/<str:token>.txt", representations.page_text, name="page_text"),
    path("t/<str:token>.ics", representations.page_calendar, name="page_calendar"),
    re_path(r"^logos/(?P<name>[A-Za-z0-9_-]{22}\.png)$", logo.show, name="logo"),
    re_path(r"^colours/(?P<colour>[0-9a-f]{6})\.css$", colours.style, name="colours"),
]
