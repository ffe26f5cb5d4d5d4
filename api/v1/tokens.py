"""API tokens: by which programs act as the user who made them."""

from __future__ import annotations

from typing_extensions import TypedDict

from api.authentication import Authentication
from api.errors import Answer, Refused
from api.routing import Body, Routes, read_date
from api.shapes import show_date
from engine import Engine
from engine.services.credentials import TokenView

TOKENS = Routes("Token")


class Token(TypedDict):
    """An API token, without what programs must show."""

    id: str
    userId: str
    name: str
    readOnly: bool
    created: str | None
    expires: str | None
    lastUsed: str | None


class NewToken(Token):
    """An API token that was just made; `token` is what programs must show, and is never told again."""

    token: str


class TokenBody(Body):
    """What a token is for, until when it may be used (for ever, if nothing is said), and whether only for reading."""

    name: str
    expires: str | None = None
    read_only: bool = False


def show_token(view: TokenView) -> Token:
    return Token(
        id=view.id,
        userId=view.user_id,
        name=view.name,
        readOnly=view.read_only,
        created=show_date(view.created_at),
        expires=show_date(view.expires_at),
        lastUsed=show_date(view.used_at),
    )


@TOKENS.get("/token", "The API tokens of the user")
def get_tokens(engine: Engine, authentication: Authentication) -> list[Token]:
    return [show_token(view) for view in engine.credentials.tokens(authentication.user_id())]


@TOKENS.post("/token", "Make an API token")
def create_token(engine: Engine, authentication: Authentication, body: TokenBody) -> NewToken:
    if authentication.identify().by_token:
        # One that was found or is to expire shall not make another that is good for longer.
        raise Refused(Answer(403, "AuthorizationException"), "A token makes no tokens: sign in with a password")
    secret, view = engine.credentials.create_token(
        authentication.user_id(),
        body.name,
        expires_at=read_date(body.expires, "expires"),
        read_only=body.read_only,
    )
    return NewToken(**show_token(view), token=secret)


@TOKENS.delete("/token/{id}", "Delete an API token: no program can use it any more")
def delete_token(engine: Engine, authentication: Authentication, id: str) -> None:
    engine.credentials.delete_token(authentication.user_id(), id)
