"""The shared directory: who holds records about an item (docs/spec/directory.md).

Pure: names and keys, signed provider records, how far one lookup reaches, and how much one member may ask.
"""
