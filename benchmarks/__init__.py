"""Measures Dovidka against the goals it set itself: ratios within one run, never bare times."""
