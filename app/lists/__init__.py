"""Lists: which objects a view lists under which name, by date, and how many they are. Knows no noun by name."""
