"""What a capture shows of a JK's frames by TTL (bms/jk_ttl.py): all but the password, tag B2, and
what stands behind a tag that is not known. The sum is right again.
"""

from bms import covered, jk_ttl

PASSING = True

AFTER = 9  # bytes behind the tags: number, end, sum


class Cover(covered.Cover):
    HEAD = jk_ttl.HEAD

    def length(self, have):
        if len(have) < 4:
            return jk_ttl.AROUND
        length = (have[2] << 8 | have[3]) + 2
        return length if jk_ttl.AROUND < length <= jk_ttl.LONGEST else 0

    def overwritten(self, frame):
        end = len(frame) - AFTER
        if sum(frame[:-4]) & 0xFFFF != frame[-2] << 8 | frame[-1]:
            return b""
        shown = bytearray(frame)
        at = jk_ttl.TAGS_AT
        if shown[at] == jk_ttl.CELLS_TAG:
            at += 2 + shown[at + 1]
        while at < end:
            tag = shown[at] - jk_ttl.FIRST_TAG
            if not 0 <= tag < len(jk_ttl.SIZES) or not jk_ttl.SIZES[tag]:
                break
            size = jk_ttl.SIZES[tag]
            if tag + jk_ttl.FIRST_TAG == jk_ttl.PASSWORD:
                shown[at + 1 : at + 1 + size] = bytes(size)
            at += 1 + size
        if at < end:
            shown[at:end] = bytes(end - at)
        total = sum(shown[:-4]) & 0xFFFF
        shown[-2:] = bytes((total >> 8, total & 0xFF))
        return bytes(shown)
