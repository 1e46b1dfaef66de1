"""The addresses of pages that span apps. They stand before those of `assistants` and `registry`, and name no first word
but `search`, so that nothing here hides what comes after.
"""

from django.urls import path

from hub.pages import bills, comparing, dependencies, explanations, home, locks, packages, proposals, search, upstreams

urlpatterns = [
    path("", home.home, name="home"),
    path("search", search.search, name="search"),
    path("<str:namespace>/<str:name>", packages.package, name="package"),
    path("<str:namespace>/<str:name>/manifest", packages.manifest, name="package-manifest"),
    path("<str:namespace>/<str:name>/releases", packages.release_list, name="releases"),
    path("<str:namespace>/<str:name>/releases/<str:version>", packages.release, name="release"),
    path("<str:namespace>/<str:name>/compare", comparing.compare, name="compare"),
    path("<str:namespace>/<str:name>/dependencies", dependencies.dependencies, name="dependencies"),
    path("<str:namespace>/<str:name>/releases/<str:version>/files/<path:path>", packages.file, name="release-file"),
    path("<str:namespace>/<str:name>/locks", locks.lock_list, name="locks"),
    path("<str:namespace>/<str:name>/clients", packages.client_list, name="clients"),
    path("<str:namespace>/<str:name>/bill", bills.bill, name="bill"),
    path("<str:namespace>/<str:name>/explanation", explanations.explanation, name="explanation"),
    path("<str:namespace>/<str:name>/used-by", packages.used_by, name="used-by"),
    path("<str:namespace>/<str:name>/forks", packages.fork_list, name="forks"),
    path("<str:namespace>/<str:name>/upstream", upstreams.upstream, name="upstream"),
    path("<str:namespace>/<str:name>/proposals", proposals.proposal_list, name="proposals"),
    path("<str:namespace>/<str:name>/proposals/<int:number>", proposals.proposal, name="proposal"),
    path("<str:namespace>/<str:name>/proposals/<int:number>/files", proposals.proposal_files, name="proposal-files"),
]
