# What the firmware of an ESP32 has frozen in, as far as packlog imports it.
include("$(MPY_DIR)/extmod/asyncio/manifest.py")  # noqa: F821 (the build's own)
