"""Numbers and dates in figures, however they are punctuated."""

import re
from datetime import date
from typing import Final

from app.words.tokens import DATE

_BLANK: Final = re.compile(r"\s")


def number_keys(written: str) -> set[str]:
    """The keys of a number: digits with a point before the decimals, for a date `2025-01-22`.

    "1,234" has two, since it is one thousand in English and one whole in Ukrainian; "15 000", "15,000.0" and "2,5" have
    one. What is neither, such as "10.2.3", stays as it is.
    """
    if match := DATE.fullmatch(written):
        day, month, year = map(int, match.groups())
        try:
            return {date(year, month, day).isoformat()}
        except ValueError:
            return {written}
    text = _BLANK.sub("", written)
    whole, *groups = re.split("[.,]", text)
    separators = re.findall("[.,]", text)
    if len({*separators}) > 1:  # the last one stands before the decimals, if the others separate thousands
        *thousands, decimals = groups
        regular = len({*separators[:-1]}) == 1 and _are_thousands(whole, thousands)
        return {whole + "".join(thousands) + "." + decimals} if regular else {written}
    if len(groups) > 1:
        return {whole + "".join(groups)} if _are_thousands(whole, groups) else {written}
    if not groups:
        return {text}
    keys = {whole + "." + groups[0]}
    if text == written and whole != "0" and _are_thousands(whole, groups):
        keys.add(whole + groups[0])
    return keys


def _are_thousands(whole: str, groups: list[str]) -> bool:
    return len(whole) <= 3 and all(len(group) == 3 for group in groups)
