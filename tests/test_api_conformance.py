"""The JSON API against its own description: whatever is sent, every answer is one that the description promises."""

import pytest
import schemathesis
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from linzhu.communities.models import ApiToken
from linzhu.requests.models import HelpRequest
from tests.factories import ElderFactory, HelpRequestFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), [("/help-requests", "POST"), ("/help-requests/{ref}", "GET")])
def test_every_answer_is_as_described(community, path, method, mode):
    token = ApiToken.issue(community, "hotline")[1]
    elder = ElderFactory(community=community)
    ref = HelpRequestFactory(elder=elder).ref
    description = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())

    @given(case=description["/api/v1" + path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=150, deadline=None, database=None)
    def answers_as_described(case):
        cache.clear()  # the limit of calls a minute is tested elsewhere
        if mode is GenerationMode.POSITIVE and method == "GET":
            case.path_parameters["ref"] = ref
        # That a window must end after it begins cannot be written into the description.
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=[positive_data_acceptance])

    answers_as_described()
    assert HelpRequest.objects.exists()
