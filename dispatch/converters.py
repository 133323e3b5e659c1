"""How a help request is named in an address."""


class RefConverter:
    """A help request's reference: ``/requests/H7K2M/``. In capitals, so that it is never taken for a page's name."""

    regex = "[2-9A-Z]{4,8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
