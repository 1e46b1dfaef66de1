"""Context bills over REST."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from assistants.api.serializers import VersionInput
from assistants.api.views import JSON, version_asked
from assistants.domain.bill import About, Sent
from assistants.services import billing, scoping
from hub.api import conditional
from hub.api.views import HubAPIView
from registry.api.errors import as_problems
from registry.domain import canonical


class BilledAssistant(serializers.Serializer[None]):
    """Whose bill it is."""

    package = serializers.CharField()
    version = serializers.CharField()


class SpreadOutput(serializers.Serializer[None]):
    """By how many per cent other vocabularies differ, as far as they were measured."""

    least_percent = serializers.FloatField()
    most_percent = serializers.FloatField()


class BillItemOutput(serializers.Serializer[None]):
    """A rule, a prompt or a server's tools."""

    section = serializers.CharField()
    name = serializers.CharField()
    package = serializers.CharField(allow_null=True, help_text="Null: written out in the assistant, or not known.")
    version = serializers.CharField(allow_null=True)
    tokens = serializers.IntegerField()
    sent = serializers.ChoiceField(choices=[str(one) for one in Sent])
    condition = serializers.ListField(child=serializers.CharField())
    whole = serializers.BooleanField(help_text="False: it adds tools that nobody knows before it runs.")


class BillTokensOutput(serializers.Serializer[None]):
    """The sums."""

    always = serializers.IntegerField(help_text="Of what is sent with each request.")
    most = serializers.IntegerField(help_text="If every condition is met and everything is asked for.")
    unknown_items = serializers.IntegerField(help_text="How many items add more that is in neither sum.")


class BillCostOutput(serializers.Serializer[None]):
    """What a thousand requests to one model cost for these tokens."""

    name = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    input_per_million = serializers.CharField()
    currency = serializers.CharField()
    listed_on = serializers.DateField()
    list = serializers.CharField()
    requests = serializers.IntegerField()
    vocabulary_percent = serializers.FloatField(
        allow_null=True,
        help_text="How many per cent more tokens this model counts, already in the sums; null: unknown.",
    )
    always = serializers.CharField()
    most = serializers.CharField()


class BillRemarkOutput(serializers.Serializer[None]):
    """Something to mend."""

    about = serializers.ChoiceField(choices=[str(one) for one in About])
    items = serializers.ListField(child=serializers.CharField())
    message = serializers.CharField()
    mend = serializers.CharField()


class BillOutput(serializers.Serializer[None]):
    """What an assistant adds to a request."""

    format = serializers.CharField()
    assistant = BilledAssistant()
    vocabulary = serializers.CharField(help_text="In which the tokens are counted.")
    spread = SpreadOutput()
    items = BillItemOutput(many=True)
    tokens = BillTokensOutput()
    costs = BillCostOutput(many=True)
    unpriced_models = serializers.ListField(child=serializers.CharField())
    remarks = BillRemarkOutput(many=True)


class BillView(HubAPIView):
    """The context bill of an assistant."""

    @extend_schema(operation_id="assistants_bill", parameters=[VersionInput], responses=BillOutput)
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """Tokens of each rule, prompt and server, money for a thousand requests, and rules to mend; in canonical JSON."""
        with as_problems():
            found = scoping.find(self.actor, namespace, name, version_asked(request))
        content = canonical.encode(billing.of_bundle(found.bundle_digest).as_json())
        caching = conditional.caching(public=found.is_public)
        return conditional.answer(request, content, canonical.digest(content), JSON, caching)
