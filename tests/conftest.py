"""Two test processes share two cores: each keeps to one thread, so that they do not wait for one another."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
