"""What a trained model is for: predicting the genre of music it has not heard."""
