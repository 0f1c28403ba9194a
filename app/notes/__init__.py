"""Reference notes: background boxes that many stories share, versioned, with the date for which their facts hold."""
