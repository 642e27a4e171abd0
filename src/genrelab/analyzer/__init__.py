"""Analyzer: audio in, an analysis of the Echo Nest's kind out.

In the order in which a recording passes through::

    decoding      what a file of any format holds, block by block
    audio         its samples, mono at 22,050 Hz
    spectrum      what the ear gets of them, in 23 critical bands
    segmentation  where one sound ends and the next begins
    timbre        the shape of each segment's sound, as 12 coordinates
    chroma        the strength of the 12 pitch classes in each segment
    loudness      of segments and track, fades
    onsets        how strongly new sounds begin, over time
    tempo         how fast the beat goes
    beats         where a listener would tap
    meter         how beats group into bars
    rhythm        tempo, beats, bars and tatums together
    pitch         the spectrum over time on a musical scale, and how it is tuned
    tonality      key and mode
    sections      the large parts
    pipeline      all of it: a file in, an `Analysis` out

``models`` holds what was learned, ``fitting`` what learns it.
"""
