"""What flows through genrelab: tracks, genres, analyses, and the corpus that keeps them."""
