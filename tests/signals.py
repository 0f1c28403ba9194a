"""With which signals the children of the tests start. Imports nothing of Dovidka: children may use it."""

import signal


def let_children_start_with_defaults() -> None:
    """Ignores by a handler what whoever started us has us ignore, as `nohup` and `&` in a script do: what a process
    ignores, its children ignore too; what it handles, they do not. Source: POSIX, exec."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
