"""The demo: an invented district, and the small supervisor that runs the three processes of Linzhu."""
