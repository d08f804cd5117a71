"""How many of something, in English, which has a form for one."""


def so_many(amount: object, one: str, more: str) -> str:
    """The amount, as it is written, with its noun: "1 day", "2.5 days"."""
    return f"{amount} {one if str(amount) == '1' else more}"


class Counted(int):
    """For texts with places: "{n:day|days}" is `so_many`; "{n}" is the number alone."""

    def __format__(self, forms: str) -> str:
        return so_many(int(self), *forms.split("|")) if forms else str(int(self))
