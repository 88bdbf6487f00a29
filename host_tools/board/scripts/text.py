"""Prints a text file, nothing if it is missing."""


def text(path):
    try:
        with open(path) as f:
            while True:
                s = f.read(256)
                if not s:
                    break
                print(s, end="")
    except OSError:
        pass
