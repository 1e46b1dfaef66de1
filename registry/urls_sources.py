"""The addresses of Git sources: among an organization's pages and a person's settings, and of their webhooks."""

from django.urls import path

from registry.views import git_hooks, git_sources

# Of an organization, and of the person who is signed in.
SOURCES = [
    path(f"{prefix}/sources{rest}", view, name=f"{names}{name}")
    for prefix, names in (("organizations/<str:slug>", ""), ("settings", "my-"))
    for rest, view, name in (
        ("", git_sources.sources, "sources"),
        ("/new", git_sources.new, "source-new"),
        ("/<int:source_id>", git_sources.source, "source"),
        ("/<int:source_id>/sync", git_sources.sync, "source-sync"),
        ("/<int:source_id>/edit", git_sources.edit, "source-edit"),
        ("/<int:source_id>/rotate", git_sources.rotate, "source-rotate"),
        ("/<int:source_id>/disconnect", git_sources.disconnect, "source-disconnect"),
        ("/<int:source_id>/syncs/<int:run_id>", git_sources.run, "source-run"),
    )
]

urlpatterns = [path("git/hooks/<uuid:uid>", git_hooks.hook, name="git-hook"), *SOURCES]
