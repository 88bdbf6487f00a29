"""What WorldBroker adds to amqtt: it asks for passwords, notes what is published, and ends the
session of a client that is silent for one and a half times its keep-alive, as MQTT 3.1.2.10 has it.
"""

from dataclasses import dataclass
from typing import Any

from amqtt.plugins.base import BaseAuthPlugin


class Doorman(BaseAuthPlugin):
    """users: password by name; none: everybody may. note(topic, payload) is called for messages."""

    @dataclass
    class Config:
        users: Any
        note: Any
        heard: Any  # client id -> board s of its last packet
        now: Any

    async def authenticate(self, *, session) -> bool:
        users = self.config.users
        return not users or (session.username in users and users[session.username]) == (
            session.password
        )

    async def on_mqtt_packet_received(self, *, packet, session=None) -> None:
        if session is not None:
            self.config.heard[session.client_id] = self.config.now()

    async def on_broker_message_received(self, *, client_id, message) -> None:
        self.config.note(message.topic, bytes(message.data))
