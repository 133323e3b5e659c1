"""Calls, and what follows from them. How one is dialled, carried and reported is in ``notifications.voice``.

``elder_calls``
    We ring an elder: who comes and when, read aloud; what each key means; who is rung again, whom a person calls.
``roll_calls``
    We ask an elder in an emergency whether they are safe.
``hotline``
    An elder rings us by one key (一键呼叫).
``callers``
    What both have in common: keys and words, whom staff call back, danger.
``lines``
    Which of the two a call belongs to, and what the clock does about calls.
``views``
    The gateways' webhooks.
``handsets``
    The phones of the demo: they ring, and their keys go the way of the real webhooks.
"""
