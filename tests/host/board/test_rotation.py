"""A file of lines that is put aside when it is full."""

from host_tools.board.rotation import LONGEST, Rotating


def lines(path):
    return path.read_text().splitlines()


def test_it_is_put_aside_by_whole_lines(tmp_path):
    out = tmp_path / "log.txt"
    with Rotating(out, lambda: "# head\n", 40, 2) as file:
        for number in range(12):
            text = f"line {number:02}\n".encode()
            file.write(text[:3])  # in pieces, as they come
            file.write(text[3:])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.txt", "log.txt.1", "log.txt.2"]
    assert lines(out)[0] == lines(tmp_path / "log.txt.1")[0] == "# head"
    ends = (".2", ".1", "")
    kept = [line for end in ends for line in lines(tmp_path / f"log.txt{end}") if line[0] != "#"]
    assert all(len(path.read_bytes()) <= 40 for path in tmp_path.iterdir())
    assert kept == [f"line {number:02}" for number in range(12)][-len(kept) :] and len(kept) >= 8


def test_it_goes_on_behind_what_is_there(tmp_path):
    out = tmp_path / "log.txt"
    out.write_text("# head\ncut off")
    with Rotating(out, lambda: "# again\n") as file:
        file.write(b"one\ntwo\nhalf")
    assert lines(out) == ["# head", "cut off", "# again", "one", "two", "half"]


def test_what_has_no_lines_is_not_kept_in_memory(tmp_path):
    out = tmp_path / "log.txt"
    with Rotating(out, lambda: "# head\n") as file:
        for _ in range(3 * LONGEST // 1000):
            file.write(b"x" * 1000)
        file.write(b"\nlast\n")
        assert out.stat().st_size > 3 * LONGEST - 2000
    assert max(map(len, lines(out))) <= LONGEST + 1000 and lines(out)[-1] == "last"
