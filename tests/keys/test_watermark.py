import pytest

from upright.keys import KeyFileError, WatermarkKeys


def test_the_first_call_makes_a_key_that_only_its_owner_reads(tmp_path):
    keys = WatermarkKeys(tmp_path / "watermark")
    assert keys.all() == []
    epoch, master = keys.current()
    assert (epoch, len(master)) == (1, 32)
    (path,) = (tmp_path / "watermark").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert WatermarkKeys(tmp_path / "watermark").current() == (epoch, master)


def test_after_a_rotation_the_new_key_marks_and_the_old_one_is_still_known(tmp_path):
    keys = WatermarkKeys(tmp_path)
    old = keys.current()
    assert keys.rotate() == 2
    new = keys.current()
    assert new[0] == 2
    assert new[1] != old[1]
    assert keys.all() == [new, old]


def test_a_key_open_to_others_is_refused(tmp_path):
    keys = WatermarkKeys(tmp_path)
    keys.current()
    (tmp_path / "1.key").chmod(0o644)
    with pytest.raises(KeyFileError, match="0644"):
        keys.current()


@pytest.mark.parametrize("content", [b"", b"zz" * 32, b"00" * 31])
def test_a_damaged_key_is_told_and_not_replaced(tmp_path, content):
    keys = WatermarkKeys(tmp_path)
    keys.current()
    (tmp_path / "1.key").write_bytes(content)
    with pytest.raises(KeyFileError, match="does not hold a watermark key"):
        keys.current()
    assert (tmp_path / "1.key").read_bytes() == content
