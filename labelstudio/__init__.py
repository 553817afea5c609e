"""The review queue's room: what talks to Label Studio stands here and nowhere else."""
