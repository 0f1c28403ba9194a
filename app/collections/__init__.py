"""Collections: fronts and lists of picks that an editor orders, and that a list of articles fills. Versioned."""
