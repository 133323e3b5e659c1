"""Webhook requests in processes of their own: the n-th ends by SIGKILL before its n-th query, then is brought again.

    python -m tests.webhook_child < requests.json

Standard input is a JSON list of forms, each with the signature that the gateway has put on it. Prints how many queries
a request makes that nobody kills. Reads its database and its gateway from the environment.
"""

import json
import os
import signal
import sys
from collections.abc import Callable

PATH = "/sms/twilio/inbound/"


def main() -> None:
    import django

    django.setup()
    from django.urls import get_resolver

    get_resolver().check()  # loads every page once, here, and not in each fork
    for number, (form, signature) in enumerate(json.load(sys.stdin), start=1):
        killed = in_a_fork(lambda form=form, signature=signature, last=number: deliver(form, signature, last))
        again = in_a_fork(lambda form=form, signature=signature: deliver(form, signature))
        if again != 0:
            sys.exit(f"request {number}, brought again, ended with {again}")
        if killed != -signal.SIGKILL:
            sys.stdout.write(f"{number - 1}\n")
            return
    sys.exit("there were not enough requests to kill one before each of its queries")


def in_a_fork(deed: Callable[[], None]) -> int:
    """Run it in a copy of this process, which has no connection yet; returns its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        deed()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def deliver(form: dict[str, str], signature: str, last: int = 0) -> None:
    from django.db import connection
    from django.test import Client

    asked = 0

    def wrapper(execute, sql, params, many, context):
        nonlocal asked
        asked += 1
        if asked == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        response = Client().post(PATH, form, headers={"x-twilio-signature": signature})
    os._exit(0 if response.status_code == 200 else 1)


if __name__ == "__main__":
    main()
