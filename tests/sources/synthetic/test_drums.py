"""Drums: each in its part of the spectrum, and over when it ends."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sources.synthetic.spectra import SR, rms, share

from genrelab.sources.synthetic.drums import DRUMS, KITS, Kit, closed_hat, kick, open_hat, ride
from genrelab.sources.synthetic.drums import snare as snare_drum


def strike(drum, kit=None):
    return DRUMS[drum](kit or Kit(), SR, np.random.default_rng(0))


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("drum", DRUMS)
def test_a_stroke_starts_and_ends_without_a_click(drum, kit):
    sound = strike(drum, KITS[kit])
    assert np.isfinite(sound).all()
    assert 0.01 < np.abs(sound).max() < 4
    assert abs(sound[0]) < 1e-6
    assert np.abs(sound[-20:]).max() < 0.02 * np.abs(sound).max()


def test_a_kick_is_low():
    assert share(strike("kick"), 0, 150) > 0.9


def test_cymbals_are_high():
    for drum in ("closed_hat", "open_hat", "ride", "crash"):
        assert share(strike(drum), 2500, SR / 2) > 0.9, drum


def test_a_snare_has_a_skin_and_wires():
    assert share(strike("snare"), 100, 400) > 0.2
    assert share(strike("snare"), 1000, 10_000) > 0.2


def test_a_clap_is_three_bursts():
    hands = strike("clap")
    bursts = [rms(hands[round(t * SR) :][:60]) for t in (0.002, 0.0125, 0.0235)]
    pauses = [rms(hands[round(t * SR) :][:20]) for t in (0.0095, 0.0205)]
    assert min(bursts) > 1.3 * max(pauses)


def test_kits_differ_as_they_are_said_to():
    rng = np.random.default_rng(0)
    assert len(kick(KITS["machine"], SR, rng)) > 2 * len(kick(KITS["hard"], SR, rng))
    loud, soft = (np.abs(snare_drum(KITS[k], SR, rng)).max() for k in ("hard", "brushes"))
    assert loud > 2 * soft


def test_an_open_hat_and_a_ride_last_longer_than_a_closed_hat():
    rng = np.random.default_rng(0)
    closed, opened, ringing = (len(d(Kit(), SR, rng)) for d in (closed_hat, open_hat, ride))
    assert closed < opened < ringing
