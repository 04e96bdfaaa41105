"""Proofs of possession (DPoP, RFC 9449) as a corpus: requests in groups, with the only correct response.

A group tests some rules from both sides: unusual but valid proofs are accepted.
"""

from .claims import ATH, HTM, IAT, JTI, OTHERS
from .expected import Case
from .headers import ALG, EXTENSION, JWK, PRIVATE, RSA, SYMMETRIC, TYP
from .schemes import BEARER, CNF, ORDER, PLAIN_BEARER, SCHEME
from .shapes import BINDING, BOMBS, HEADER, JSON, SEGMENTS, SIGNATURE, SIZE
from .urls import DIFFERENT, EQUAL, PATHS, ROOT

GROUPS: dict[str, tuple[Case, ...]] = {
    "header": HEADER,
    "size": SIZE,
    "segments": SEGMENTS,
    "json": JSON,
    "bombs": BOMBS,
    "typ": TYP,
    "alg": ALG,
    "extension": EXTENSION,
    "private": PRIVATE,
    "symmetric": SYMMETRIC,
    "jwk": JWK,
    "rsa": RSA,
    "binding": BINDING,
    "signature": SIGNATURE,
    "htm": HTM,
    "htu equal": EQUAL,
    "htu different": DIFFERENT,
    "paths": PATHS,
    "root": ROOT,
    "iat": IAT,
    "jti": JTI,
    "ath": ATH,
    "other claims": OTHERS,
    "scheme": SCHEME,
    "bearer": BEARER,
    "plain bearer": PLAIN_BEARER,
    "cnf": CNF,
    "order": ORDER,
}
"""By name: the cases of a group. The IDs of tests start with the name."""
