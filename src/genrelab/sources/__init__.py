"""Where tracks and analyses come from: one file a kind of source, one way to collect them."""
