"""A relay in a process of its own that ends by SIGKILL before its n-th query (0: never).

    python -m tests.relay_child <message id> <n>

It reads its database and its gateway from the environment, as every process of Linzhu does.
"""

import os
import signal
import sys


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    from linzhu.notifications.relay import relay

    last, asked = int(sys.argv[2]), 0

    def wrapper(execute, sql, params, many, context):
        nonlocal asked
        asked += 1
        if asked == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    connection.ensure_connection()
    with connection.execute_wrapper(wrapper):
        relay(int(sys.argv[1]))


if __name__ == "__main__":
    main()
