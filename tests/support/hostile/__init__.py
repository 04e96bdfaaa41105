"""The hostile corpus: groups of requests, each with the only correct response of the API.

A group tests rules of the API with invalid tokens, and with unusual tokens that are valid.
`RawJson("…")` is a value exactly as it is written in the JSON, even if that is invalid.
"""

from .authorization_header import CREDENTIALS, NO_HEADER, SCHEME, SIZE, WHITESPACE
from .claims import AUD, CNF, EXP, IAT, ISS, NBF, OTHER_CLAIMS, SUB
from .jose_headers import ALG, EMBEDDED, EXTENSION, KID, TYP
from .json_objects import DUPLICATES, JSON
from .order import ORDER
from .permissions import PERMISSION, SCOPE
from .segments import ALPHABET, SHAPE
from .signatures import SIGNATURE

GROUPS = {
    "no header": NO_HEADER,
    "scheme": SCHEME,
    "whitespace": WHITESPACE,
    "credentials": CREDENTIALS,
    "size": SIZE,
    "shape": SHAPE,
    "alphabet": ALPHABET,
    "json": JSON,
    "duplicates": DUPLICATES,
    "alg": ALG,
    "extension": EXTENSION,
    "typ": TYP,
    "kid": KID,
    "embedded": EMBEDDED,
    "signature": SIGNATURE,
    "exp": EXP,
    "nbf": NBF,
    "iat": IAT,
    "iss": ISS,
    "aud": AUD,
    "sub": SUB,
    "cnf": CNF,
    "other claims": OTHER_CLAIMS,
    "scope": SCOPE,
    "permission": PERMISSION,
    "order": ORDER,
}
"""By name: the cases of a group. The IDs of tests start with the name."""
