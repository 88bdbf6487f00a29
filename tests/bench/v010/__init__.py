"""The rules of version 0.1.0, kept as they were: which readings became records, and how a shard
held marks. What the store is measured against; nothing else uses them.
"""
