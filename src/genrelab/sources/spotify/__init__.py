"""Spotify: playlists by genre, their tracks, and what Spotify says of these.

In the order in which a collection passes through them: ``playlist_files`` (which
playlists stand for which genre; the paper's own ship as ``paper``), ``authorization``
(the right to ask), ``pace`` (how many requests at once), ``web_api`` (questions, and every
fault an answer can have), ``playlists`` (what stands in them), ``sightings`` (which tracks
that makes) and ``analyses`` (what Spotify heard in these).
"""
