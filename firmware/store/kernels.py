"""The store's inner loops: native where the port can compile them, else their plain twins."""

try:
    from store import columns_viper as for_columns
    from store import deflate_viper as for_deflate
except Exception:  # CPython, or no room or no native code
    from store import columns_plain as for_columns
    from store import deflate_plain as for_deflate

__all__ = ("for_columns", "for_deflate")
