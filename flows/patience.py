"""Which failures of a task may pass by themselves, and how long the task waits for that."""

from typing import Any

from prefect.cache_policies import NO_CACHE

from warehouse import LeaseHeld

FINAL = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError)
TRIES = 3
DELAYS_S = [2.0, 4.0, 8.0, *[20.0] * 47]  # Prefect takes 50 at most: a quarter of an hour


def may_pass(task: Any, run: Any, state: Any) -> bool:
    """Another process's work is waited for. A full disk or a lost network may pass soon, and is tried three times; a
    user's mistake or an error of ours stays.
    """
    try:
        state.result()
    except LeaseHeld:
        return True
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__  # a full disk comes as StoreUnwritable, a lost hub as MissingWeights
        return cause is not None and not isinstance(cause, FINAL) and run.run_count < TRIES
    return False


def another_works(task: Any, run: Any, state: Any) -> bool:
    """Only another process's work is waited for: whoever spends money within a bound has not begun to spend it then."""
    try:
        state.result()
    except LeaseHeld:
        return True
    except Exception:
        return False
    return False


PATIENT: dict[str, Any] = {
    "retries": len(DELAYS_S),
    "retry_delay_seconds": DELAYS_S,
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": may_pass,
    "cache_policy": NO_CACHE,  # a run of the store knows by itself whether it was done
}
SPENDING: dict[str, Any] = PATIENT | {"retry_condition_fn": another_works}
