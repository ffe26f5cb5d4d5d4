"""Where users are signed in and which API tokens they have, for those who administer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.routing import Call, Routes
from api.v1.session import KnownSession, show_known
from api.v1.tokens import Token, show_token
from engine import Engine
from engine.services.credentials import SessionView, TokenView
from engine.services.queries import SESSIONS, TOKENS

SIGN_INS = Routes("Sign-in")


def _sessions(_: Engine, views: Sequence[SessionView], *__: Mapping[str, Any]) -> list[KnownSession]:
    return [show_known(view) for view in views]


def _tokens(_: Engine, views: Sequence[TokenView], *__: Mapping[str, Any]) -> list[Token]:
    return [show_token(view) for view in views]


def _in_use(call: Call) -> Mapping[str, Any]:
    """Sessions that nobody has used for too long are over, though their rows are still there."""
    return {"seenAfter": call.authentication.credentials.unseen_since()}


SIGN_INS.collection(
    "/user-session",
    lambda queries: queries.sessions,
    SESSIONS,
    _sessions,
    list[KnownSession],
    post=False,
    plural="user sessions",
    narrow=_in_use,
)
SIGN_INS.collection(
    "/user-token", lambda queries: queries.tokens, TOKENS, _tokens, list[Token], post=False, plural="user tokens"
)


@SIGN_INS.delete("/user/{id}/session/{session_id}", "Sign a user out in one browser")
def end_user_session(engine: Engine, id: str, session_id: str) -> None:
    engine.credentials.end_session(id, session_id)


@SIGN_INS.delete("/user/{id}/session", "Sign a user out everywhere")
def end_user_sessions(engine: Engine, id: str) -> None:
    engine.credentials.end_sessions(id)


@SIGN_INS.delete("/user/{id}/token/{token_id}", "Delete an API token of a user")
def delete_user_token(engine: Engine, id: str, token_id: str) -> None:
    engine.credentials.delete_token(id, token_id)


@SIGN_INS.delete("/user/{id}/token", "Delete all API tokens of a user")
def delete_user_tokens(engine: Engine, id: str) -> None:
    engine.credentials.delete_tokens(id)
