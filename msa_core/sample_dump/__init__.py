"""A dump in the layout of MVSA-Single, drawn and composed, whose truth is known: what the demo and the tests eat.

    PATH/labelResultAll.txt   `ID<tab>text,image`, CRLF, as in the real dump
    PATH/data/{id}.jpg|.txt   one image and one text a post
    PATH/truth.csv            what was planted: true labels, where the signal is, noise, twins, oddities, broken rows

The same arguments give the same bytes (with the same Pillow).
"""

from msa_core.sample_dump.writing import SampleDump, write_sample_dump

__all__ = ["SampleDump", "write_sample_dump"]
