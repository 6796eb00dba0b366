"""The OpenAPI document is true: schemathesis sends what it allows, and what it does not."""

from __future__ import annotations

import pytest
import schemathesis
from api_support import running
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
OPERATIONS = [
    "ask",
    "search",
    "search_by_query",
    "context",
    "verify",
    "add_articles",
    "list_articles",
    "get_article",
    "delete_article",
    "get_job",
    "list_models",
    "get_model",
    "chat_completions",
    "embeddings",
    "healthz",
    "readyz",
    "metrics",
]
TAKES_ANYTHING = {"list_models", "get_model", "healthz", "readyz", "metrics"}
"""Operations for which no request is wrong, so that there is nothing to refuse."""


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    with running(tmp_path_factory.mktemp("openapi"), rate_limit="100000/second") as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        found = [result.ok() for result in schema.get_all_operations()]
        yield {one.definition.raw["operationId"]: one for one in found}


def test_every_operation_is_tried(operations):
    assert set(operations) == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", OPERATIONS)
def test_replies_are_as_documented(operations, name, mode):
    @given(case=operations[name].as_strategy(generation_mode=mode))
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def try_it(case):
        case.call_and_validate(checks=CHECKS)

    try:
        try_it()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        assert name in TAKES_ANYTHING
