"""Web pages as stories: `saved` is their bytes, `metadata` what they tell programs, `region` where the story stands."""
