"""Counts deflate's symbols, the inner loop in plain Python: what huffman_viper.py does."""

from store.deflate import PREVIOUS, REPEATS, length_symbol

PASSING = True


def count_symbols(data, size, end, shortest, state, counts):
    """Add the symbols of size bytes to counts; end = 1: the end of the block as well.

    A byte's repeats become a match of distance 1 when there are shortest[byte] of them or more.
    """
    previous = state[PREVIOUS]
    repeats = state[REPEATS]
    for i in range(size + end):
        byte = data[i] if i < size else 256
        if byte == previous and repeats < 258:
            repeats += 1
            continue
        if repeats:
            if repeats >= shortest[previous]:
                counts[length_symbol(repeats)[0]] += 1
            else:
                counts[previous] += repeats
        repeats = 1
        if byte != previous:
            counts[byte] += 1
            previous = byte
            repeats = 0
    state[PREVIOUS] = previous
    state[REPEATS] = repeats
