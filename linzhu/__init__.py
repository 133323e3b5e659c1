"""The umbrella: every app of the project is imported as ``linzhu.<app>``."""

from pathlib import Path

# requests/ must not be a top-level package: twilio imports the HTTP library of that name.
# A checkout finds the apps here; an installed wheel already has them inside.
_checkout = Path(__file__).resolve().parent.parent
if (_checkout / "manage.py").is_file():
    __path__.append(str(_checkout))
