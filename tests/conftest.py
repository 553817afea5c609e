"""Two test processes share two cores: each keeps to one thread, so that they do not wait for one another."""

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# who runs the tests in the background has them ignore Ctrl-C, and so would every process that they start and interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)
