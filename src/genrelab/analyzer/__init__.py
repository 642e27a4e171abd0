"""Analyzer: audio in, an analysis of the Echo Nest's kind out.

In the order in which a recording passes through::

    audio         a file's samples, mono at 22,050 Hz
    spectrum      what the ear gets of them, in 23 critical bands
    segmentation  where one sound ends and the next begins
    timbre        the shape of each segment's sound, as 12 coordinates
    pitch         the strength of the 12 pitch classes in each segment
    loudness      of segments and track, confidence, fades
    rhythm        tempo, beats, bars, tatums
    tonality      key and mode
    sections      the large parts
    pipeline      all of it: a file in, an `Analysis` out

``models`` holds what was learned, ``fitting`` what learns it.
"""
