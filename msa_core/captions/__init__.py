"""Captions of images: who is asked what, how answers are checked, and how many are asked at once."""
