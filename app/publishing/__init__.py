"""What articles and notes share: they are scheduled, published, withdrawn, erased and previewed. Knows neither."""
