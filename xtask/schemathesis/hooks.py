"""What Schemathesis is told about this desk beyond its documents."""

import itertools
import os
import re
import unicodedata
import uuid
from datetime import datetime

import schemathesis

# A change of whoever calls would end the session, or the token, that the run needs.
CALLERS = {os.environ["TICKETING_ADMIN_ID"], os.environ["TICKETING_TOKEN_ID"]}

# A ticket that is there to be commented, and whose it is.
COMMENTED = {"label": os.environ["TICKETING_COMMENTED"], "email": os.environ["TICKETING_REQUESTER"]}

TURNS = itertools.count()

# Figures by period, and what their parameters are called: beginning and end, by what, of which values, zone, figures.
REPORTS = {
    "/api/reportes": ("desde", "hasta", "por", ("valor", "ninguno"), "zona", "medidas"),
    "/v2/reports": ("from", "until", "by", ("value", "valueId", "none"), "zone", "measures"),
}

# Whoever calls keeps their password.
NEVER_DONE = {"POST /api/auth/password"}

# Refusals of requests that a document cannot tell from good ones.
OF_WHAT_IS_THERE = {
    # Ids of nothing, or of somebody who does not work here.
    "unknown-reference",
    "unavailable-agent",
    # Instants that are wrong now, or beside each other, or for this status.
    "in-future",
    "out-of-order",
    "not-of-status",
    "invalid-expiry",
    # Addresses that are none in other ways than their format and their pattern say; headers that are somebody else's.
    "invalid-url",
    "invalid-headers",
    # A password of somebody else; a key of another request; a version that is no longer the newest.
    "wrong-password",
    "idempotency-key-reused",
    "changed",
    # Rules that are none: which they are, only the core can tell.
    "invalid-rules",
    "rules-changed",
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """No answer has members that its document does not tell of."""
    schemas = raw_schema["components"]["schemas"]
    answered = set()
    for path in raw_schema["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                find_references(operation["responses"], answered)
    find_references(raw_schema["components"].get("responses", {}), answered)
    found = list(answered)
    while found:
        inner = set()
        find_references(schemas[found.pop()], inner)
        found.extend(inner - answered)
        answered |= inner
    for name in answered:
        close(schemas[name])


def find_references(value, found):
    if isinstance(value, dict):
        reference = value.get("$ref", "")
        if reference.startswith("#/components/schemas/"):
            found.add(reference.rsplit("/", 1)[1])
    for inner in values(value):
        find_references(inner, found)


def close(schema):
    if isinstance(schema, dict) and schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for inner in values(schema):
        close(inner)


def values(value):
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


@schemathesis.hook
def map_body(context, body):
    """Nearly every text that is drawn has a control character, which is refused before anything else is looked at."""
    if isinstance(body, str):
        return "".join("·" if is_control(character) else character for character in body)
    if isinstance(body, list):
        return [map_body(context, item) for item in body]
    if isinstance(body, dict):
        return {name: map_body(context, item) for name, item in body.items()}
    return body


def is_control(character):
    return unicodedata.category(character) == "Cc"


@schemathesis.check
class every_operation_is_done_at_least_once:
    """Or the run has held nothing but refusals against the document."""

    def __init__(self):
        self.asked, self.done = set(), set()

    def after_response(self, ctx, response, case):
        self.asked.add(case.operation.label)
        if response.status_code < 300 and case.meta.generation.mode.is_positive:
            self.done.add(case.operation.label)

    def after_run(self, ctx):
        never = self.asked - self.done - NEVER_DONE
        assert not never, f"never done: {', '.join(sorted(never))}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Takes away what would have a request refused whatever it is about."""
    meta, headers = case.meta, case.headers or {}
    # The same key with another body.
    if headers.get("Idempotency-Key") and meta.generation.mode.is_positive:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    # Every other good comment is on a ticket that takes it: a label and an address that belong together are rarely drawn.
    if case.operation.label == "POST /api/tickets/comentar" and meta.generation.mode.is_positive:
        if isinstance(case.body, dict) and next(TURNS) % 2 == 0:
            case.body.update(COMMENTED)
    # The coverage phase goes on with a header that is none when it comes to the body.
    for name in list(headers):
        parameter = case.operation.headers.get(name)
        is_meant = meta.phase.data.parameter in (None, name) and meta.generation.mode.is_negative
        if parameter is not None and not is_meant and not parameter.get_validator().is_valid(headers[name]):
            del headers[name]


@schemathesis.hook
def filter_case(context, case):
    is_change = case.method.upper() not in ("GET", "HEAD", "OPTIONS")
    return not (is_change and CALLERS & {str(value) for value in (case.path_parameters or {}).values()})


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps what is a failure. A refusal of data that the document allows is none where no document could say why."""
    if failure.code != "ST202":
        return True
    refusals = list(refusals_of(response.json()))
    return not refusals or not all(is_beyond_a_schema(code, path, case) for code, path in refusals)


def refusals_of(answer):
    """The code and the path of each, in either dialect."""
    details = answer.get("details") or answer.get("errors")
    if not details:
        yield answer["code"], ""
    for detail in details or []:
        yield detail["code"], detail.get("path", detail.get("field", ""))


def is_beyond_a_schema(code, path, case):
    if code in OF_WHAT_IS_THERE or code == "control-character":
        return True
    if code == "invalid-parameter" and case.path in REPORTS:
        return is_of_no_report(case.path, case.query or {})
    if code == "invalid-parameter":
        # Cursors are what the page before says. There was nothing before 1970.
        return "cursor" in case.query or (path == "since" and not is_instant_since_1970(case.query["since"]))
    if code == "required" and path == "area":
        # Who works one area needs one.
        return True
    sent = value_at(path, case)
    if code in ("required", "too-short"):
        # Lengths count what is left of a text without the white space at its ends.
        texts = sent if isinstance(sent, list) else [sent]
        return any(isinstance(text, str) and text.strip() != text or text == "" for text in texts)
    if code == "invalid-date":
        return not is_instant_since_1970(sent)
    return False


def is_of_no_report(path, query):
    """A range may be empty, have too many periods or begin before 1970; values need what they are of, and ids what has some; zones and
    figures have names."""
    begins, ends, by, of_values, zone, measures = REPORTS[path]
    of_nothing = by not in query and any(name in query for name in of_values)
    of_nothing |= "valueId" in query and query.get(by) not in ("team", "urgency", "category")
    return of_nothing or any(name in query for name in (begins, ends, zone, measures))


def value_at(path, case):
    value = case.body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return (case.query or {}).get(path) if value is None else value


def is_instant_since_1970(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text):
        return False
    try:
        # Digits beyond the microsecond are none of its business.
        return datetime.fromisoformat(re.sub(r"\.\d+", "", text).upper()).timestamp() >= 0
    except ValueError:
        return False
