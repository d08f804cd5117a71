"""Rules of the requests around statements, by the name that an answer's `rule` gives; core/xapi/errors.RULES has the
statements' own. docs/record.md explains all of them."""

REQUEST_RULES = {
    "parameter": "Communication 3.2: exactly the parameters of the resource, each once, each well-formed",
    "content-type": "Communication 2.1: application/json or multipart/mixed",
    "content-encoding": "RFC 9110 15.5.16: a body comes as it is",
    "conflict": "Communication 2.1.1: another statement has this id",
    "merge": "Communication 2.2: only JSON objects are merged",
    "precondition": "Communication 3.1: If-Match or If-None-Match does not hold, or is missing",
    "scope": "Communication 4.2: the key has no scope for this resource and method",
    "alternate-syntax": "Communication 1.3: a form with `method` as the address's only parameter",
}
