"""Which kinds of BMS an advertisement can be of, by what their files say in SEEN_AS.

Plain Python, for the board and the PC. A kind's SEEN_AS is rows, one of which has to fit with all
that it names: "service" (a UUID of 16 bits), "maker" (numbers of makers, as the Bluetooth SIG
assigns them or as a unit misuses them), "name" (patterns: ? is any character, [a-c] one of those,
* at the end any rest), "address" (beginnings: the OUI).
"""


def kinds(table, name, uuids, maker, address):
    """(kinds that fit, in the order in which to ask; does SEEN_AS say so?)

    Without a kind that says so those whose service is advertised: the unit may be one of them.
    table: (kind, UUIDs of its link, SEEN_AS); maker: None if none is said.
    """
    found = [
        kind
        for kind, _, rows in table
        if any(_fits(row, name, uuids, maker, address.lower()) for row in rows)
    ]
    if found:
        return found, True
    return [kind for kind, link, _ in table if link["service"] in uuids], False


def _fits(row, name, uuids, maker, address):
    return (
        ("service" not in row or row["service"] in uuids)
        and ("maker" not in row or maker in row["maker"])
        and ("name" not in row or any(matches(each, name) for each in row["name"]))
        and ("address" not in row or address.startswith(row["address"]))
    )


def matches(pattern, text):
    """Does all of the text fit the pattern?"""
    at = i = 0
    while i < len(pattern):
        one = pattern[i]
        if one == "*":
            return True
        if at == len(text):
            return False
        if one == "[":
            if not pattern[i + 1] <= text[at] <= pattern[i + 3]:
                return False
            i += 4
        elif one != "?" and one != text[at]:
            return False
        i += 1
        at += 1
    return at == len(text)
