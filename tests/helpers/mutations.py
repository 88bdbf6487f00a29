"""Inputs spoiled as files are: bytes changed, lost and doubled, separators put between."""


def mutated(data: bytes, chance, marks: bytes = b',;\t\n"\r-0:.#*') -> bytes:
    """The data with one to twenty such changes. chance: a random.Random."""
    spoiled = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        at = chance.randrange(len(spoiled) + 1)
        kind = chance.randrange(4)
        if kind == 0 and at < len(spoiled):
            spoiled[at] = chance.randrange(256)
        elif kind == 1:
            spoiled[at:at] = bytes(chance.choices(marks, k=chance.randrange(1, 9)))
        elif kind == 2:
            del spoiled[at : at + chance.randrange(40)]
        else:
            spoiled[at:at] = spoiled[at : at + chance.randrange(200)]
    return bytes(spoiled)
