"""Redis as kombu speaks to it, but for one thing: a message that cannot be acknowledged is not held for ever.

Kombu counts a message as held until Redis has taken its acknowledgement. When Redis is away at that moment, the count
stays, and a worker that holds as many messages as it may asks for no more: so it never notices that the connection is
lost, and consumes nothing until it is started anew. Here the message is let go whatever Redis says. If Redis still has
it, it is delivered once more, which does no harm.
"""

from __future__ import annotations

from celery.app.amqp import AMQP
from kombu import Connection
from kombu.transport import redis, virtual
from kombu.transport.base import Transport


class _QoS(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise


class _Channel(redis.Channel):
    QoS = _QoS


class _Redis(redis.Transport):
    Channel = _Channel


class BrokerConnection(Connection):
    """A connection that uses this transport where kombu would use its own for Redis, whatever the URL's form."""

    def get_transport_cls(self) -> type[Transport]:
        """The class that connects."""
        found: type[Transport] = super().get_transport_cls()
        return _Redis if found is redis.Transport else found


class BrokerAMQP(AMQP):
    """What a Celery application makes its connections with."""

    Connection = BrokerConnection
