"""Prints modules out of a bundle on the board as base64, a line each."""

import binascii
import struct


def read_modules(path, numbers):
    with open(path, "rb") as file:
        _, count, _, _, size, _ = struct.unpack("<4sHH8sII", file.read(24))
        index = file.read(8 * count)
        begins = [at for at in struct.unpack("<" + str(count) + "I", index[4 * count :]) if at]
        begins.append(size)
        for number in numbers:
            file.seek(begins[number])
            left = begins[number + 1] - begins[number]
            while left:
                piece = file.read(min(left, 384))
                left -= len(piece)
                print(binascii.b2a_base64(piece).decode().strip(), end=" ")
            print()
