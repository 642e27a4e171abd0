"""Truth and estimate in; reports, comparisons, figures and pages out."""
