"""Spotify: playlists by genre, their tracks, and what Spotify says of these.

In the order in which a collection passes through them:

- ``playlist_files``: which playlists stand for which genre, in TOML, with ``playlist_ids`` and
  ``toml_lines``; the paper's own ship as ``paper``
- ``authorization``: the right to ask, from ``credentials`` in the environment, ``token_files``
  of earlier runs, the ``accounts`` server and ``redirects`` from a user's browser
- ``pace``: how many requests at once
- ``web_api``: questions, and every fault that an answer can have, over a ``connection``
- ``playlists``: what stands in them, kept in a ``playlist_store``
- ``sightings``: these, read from Spotify's pages; a ``settlement`` says which become tracks, and
  ``settled`` gives them as any source does
- ``analyses``: what Spotify heard in these
- ``collection``: all of this, in order

``spotipy_library`` and ``network_faults`` serve all that ask.
"""
