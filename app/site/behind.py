"""The request of the API that gives what a page shows, ready to be copied."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request by its absolute address, which is percent-encoded: it can stand in quotes of any language."""

    address: str

    @classmethod
    def to(cls, origin: str, path: str, **parameters: str | int | None) -> "ApiRequest":
        """The request of this path, with the parameters that have a value. Commas stay readable."""
        pairs = [f"{name}={quote(str(value), safe=',')}" for name, value in parameters.items() if value is not None]
        return cls(origin + "?".join(filter(None, (path, "&".join(pairs)))))

    @property
    def forms(self) -> list[tuple[str, str]]:
        """(name, text) of each way to send it."""
        return [
            ("URL", self.address),
            ("curl", f"curl -sS '{self.address}'"),
            ("fetch", f'const answer = await fetch("{self.address}");\nconsole.log(await answer.json());'),
            ("Python", f'import httpx\n\nprint(httpx.get("{self.address}").json())'),
        ]
