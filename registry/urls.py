"""The addresses of the registry's pages. They come last: a namespace may be any word that is not reserved."""

from django.urls import path

from registry.views import (
    grants,
    namespaces,
    proposal_talk,
    proposals,
    publishers,
    publishing,
    releases,
    settings,
    transfers,
)

urlpatterns = [
    path("transfers", transfers.transfers, name="transfers"),
    path("transfers/<int:transfer_id>/accept", transfers.accept, name="transfer-accept"),
    path("transfers/<int:transfer_id>/decline", transfers.decline, name="transfer-decline"),
    path("publish", publishing.publish, name="publish"),
    path("<str:namespace>/<str:name>/new-release", publishing.new_release, name="release-new"),
    path("<str:namespace>/<str:name>/releases/<str:version>/yank", releases.yank, name="release-yank"),
    path("<str:namespace>/<str:name>/releases/<str:version>/unyank", releases.unyank, name="release-unyank"),
    path("<str:namespace>/<str:name>/settings", settings.settings, name="package-settings"),
    path("<str:namespace>/<str:name>/access", grants.access, name="package-access"),
    path("<str:namespace>/<str:name>/access/<int:grant_id>/withdraw", grants.withdraw, name="grant-withdraw"),
    path("<str:namespace>/<str:name>/publishing", publishers.publishing, name="package-publishing"),
    path("<str:namespace>/<str:name>/publishing/<int:publisher_id>/remove", publishers.remove, name="publisher-remove"),
    path("<str:namespace>/<str:name>/transfer", transfers.offer, name="package-transfer"),
    path("<str:namespace>/<str:name>/transfer/cancel", transfers.cancel, name="package-transfer-cancel"),
    path("<str:namespace>/<str:name>/delete", settings.delete, name="package-delete"),
    path("<str:namespace>/<str:name>/proposals/new", proposals.new, name="proposal-new"),
    path("<str:namespace>/<str:name>/proposal-rules", proposals.rules, name="proposal-rules"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/edit", proposals.edit, name="proposal-edit"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/open", proposals.open_up, name="proposal-open"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/close", proposals.close, name="proposal-close"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/reopen", proposals.reopen, name="proposal-reopen"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/merge", proposals.merge, name="proposal-merge"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/follow", proposals.follow, name="proposal-follow"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/comment", proposal_talk.comment, name="proposal-comment"),
    path(
        "<str:namespace>/<str:name>/proposals/<int:number>/comments/<int:comment_id>/edit",
        proposal_talk.edit,
        name="proposal-comment-edit",
    ),
    path(
        "<str:namespace>/<str:name>/proposals/<int:number>/comments/<int:comment_id>/delete",
        proposal_talk.delete,
        name="proposal-comment-delete",
    ),
    path(
        "<str:namespace>/<str:name>/proposals/<int:number>/comments/<int:comment_id>/resolve",
        proposal_talk.resolve,
        name="proposal-comment-resolve",
    ),
    path("<str:namespace>/<str:name>/proposals/<int:number>/review", proposal_talk.review, name="proposal-review"),
    path(
        "<str:namespace>/<str:name>/proposals/<int:number>/reviews/<int:review_id>/dismiss",
        proposal_talk.dismiss,
        name="proposal-review-dismiss",
    ),
    path("<str:namespace>", namespaces.namespace, name="namespace"),
]
